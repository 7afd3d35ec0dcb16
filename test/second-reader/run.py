#!/usr/bin/python3
"""The second reader: all vectors, then random objects, one JSON object a line, from standard input or a file.

Usage: /usr/bin/python3 test/second-reader/run.py [FILE], made by `npm run second-reader`. Every disagreement
is printed with its object; the exit code is 1 when there is one.
"""

import json
import os
import sys
import traceback

sys.dont_write_bytecode = True  # the checkout may be read-only, and stays clean otherwise

import vectors  # noqa: E402
from objects import verdict  # noqa: E402


def difference(mine, theirs, path=""):
    """The first place at which two values differ, for whoever has to find out why."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for name in [*theirs, *(n for n in mine if n not in theirs)]:
            if mine.get(name, "absent") != theirs.get(name, "absent"):
                return difference(mine.get(name, "absent"), theirs.get(name, "absent"), f"{path}.{name}")
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for i, (a, b) in enumerate(zip(mine, theirs)):
            if a != b:
                return difference(a, b, f"{path}[{i}]")
    return f"{path or 'the whole'}: second reader {json.dumps(mine)[:300]}, protocol/ {json.dumps(theirs)[:300]}"


def agrees(line):
    """Whether this reader says the same; a crash of it is a disagreement, too."""
    try:
        o = json.loads(line)
    except ValueError:
        print("an object that is cut off: whoever made it has ended early", flush=True)
        return False
    try:
        mine = verdict(o)
    except Exception:
        mine = {"crash": traceback.format_exc(limit=-3)}
    if mine == o["expected"]:
        return True
    print(f"disagreement about object {o['number']}, {o['kind']}: {difference(mine, o['expected'])}")
    print(f"  object: {line.strip()}", flush=True)
    return False


def prove(name, title, agreeing, count):
    """A line for docs/PROOF.md (test/helpers/proof.ts)."""
    file = os.environ.get("HOLDFAST_PROOF")
    if file:
        line = {"id": name, "title": title, "met": agreeing == count, "agree": agreeing, "of": count}
        with open(file, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def main(arguments):
    source = open(arguments[0], encoding="utf-8") if arguments else sys.stdin
    vectors_agree, vectors_all = vectors.run(print)
    count = agreeing = 0
    for line in source:
        count += 1
        agreeing += agrees(line)
    whole = vectors_agree == vectors_all
    said = f"all {vectors_all}" if whole else f"{vectors_agree} of {vectors_all}"
    print(f"second reader: {agreeing} of {count} objects and {said} vectors agree")
    prove("objects", "random objects, good and damaged", agreeing, count)
    prove("vectors", "the vectors in test/vectors", vectors_agree, vectors_all)
    return 0 if whole and agreeing == count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
