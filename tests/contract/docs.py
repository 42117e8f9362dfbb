"""Runs the shell blocks of a Markdown file against a server and compares what they print with what the file says.

A block of `sh` is one script; all blocks share one directory and what they export. The block of `text` behind it says
what must appear in the output, each line behind the one before; `…` stands for anything. $API is the address.
"""

import os
import re
import subprocess
import sys
import tempfile

BLOCKS = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- variables ---"


def pattern(line):
    return ".*?".join(re.escape(part) for part in line.strip().split("…"))


def missing(expected, output):
    """The first expected line that the output does not have behind those before it."""
    at = 0
    for line in filter(None, map(str.strip, expected.splitlines())):
        found = re.compile(pattern(line)).search(output, at)
        if found is None:
            return line
        at = found.end()
    return None


def main(path, address):
    with open(path, encoding="utf-8") as file:
        blocks = BLOCKS.findall(file.read())
    environment = {**os.environ, "API": f"{address}/api"}
    checked = wrong = 0
    output = ""
    with tempfile.TemporaryDirectory() as place:
        for kind, text in blocks:
            if kind == "text":
                checked += 1
                line = missing(text, output)
                if line is not None:
                    wrong += 1
                    print(f"missing: {line}\nin:\n{output}")
                continue
            script = f"set -eu -o pipefail\n{text}\necho '{MARK}'\nenv -0"
            ran = subprocess.run(["bash", "-c", script], cwd=place, env=environment, capture_output=True, timeout=30)
            printed = ran.stdout.decode().split(f"{MARK}\n")
            output = printed[0].replace("\r", "")
            if ran.returncode != 0 or len(printed) != 2:
                wrong += 1
                print(f"failed: {text}\n{output}{ran.stderr.decode()}")
                continue
            environment = dict(entry.split("=", 1) for entry in printed[1].split("\0") if "=" in entry)
    print(f"{checked} examples, {wrong} wrong")
    return wrong > 0 or checked == 0


sys.exit(main(*sys.argv[1:]))
