"""Says whether every example of an OpenAPI document satisfies its schema."""

import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)

checked = wrong = 0


def check(schema, example, place):
    global checked, wrong
    checked += 1
    whole = {"components": document["components"], **schema}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    for error in validator.iter_errors(example):
        wrong += 1
        print(f"{place}: {error.message}")


def walk(node, place):
    if isinstance(node, dict):
        if "schema" in node and "example" in node:
            check(node["schema"], node["example"], place)
        if isinstance(node.get("examples"), list):
            for example in node["examples"]:
                check({key: value for key, value in node.items() if key != "examples"}, example, place)
        for key, value in node.items():
            walk(value, f"{place}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            walk(value, f"{place}/{index}")


walk(document, "#")
print(f"{checked} examples, {wrong} wrong")
sys.exit(1 if wrong or not checked else 0)
