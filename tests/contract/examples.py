"""Says whether every example of an OpenAPI document satisfies its schema; with --score, whether a score suffices."""

import json
import sys

import jsonschema


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Examples:
    def __init__(self, document):
        self.document = document
        self.checked = self.wrong = 0

    def check(self, schema, example, place):
        self.checked += 1
        whole = {"components": self.document["components"], **schema}
        validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
        for error in validator.iter_errors(example):
            self.wrong += 1
            print(f"{place}: {error.message}")

    def resolve(self, node):
        while "$ref" in node:
            found = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def walk(self, node, place):
        if isinstance(node, list):
            for index, value in enumerate(node):
                self.walk(value, f"{place}/{index}")
        if not isinstance(node, dict):
            return
        examples = node.get("examples")
        if "schema" in node and "example" in node:
            self.check(node["schema"], node["example"], place)
        if "schema" in node and isinstance(examples, dict):
            for name, example in examples.items():
                self.check(node["schema"], self.resolve(example)["value"], f"{place}/{name}")
        if isinstance(examples, list):
            for example in examples:
                self.check({key: value for key, value in node.items() if key != "examples"}, example, place)
        for key, value in node.items():
            self.walk(value, f"{place}/{key}")


def main(arguments):
    if arguments[0] == "--score":
        score, least = load(arguments[1])["agentReadiness"], float(arguments[2])
        print(f"score {score}, at least {least:g} wanted")
        return score < least
    examples = Examples(load(arguments[0]))
    examples.walk(examples.document, "#")
    print(f"{examples.checked} examples, {examples.wrong} wrong")
    return examples.wrong > 0 or examples.checked == 0


sys.exit(main(sys.argv[1:]))
