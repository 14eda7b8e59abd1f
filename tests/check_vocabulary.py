#!/usr/bin/env python3
"""Every word of tests/vocabulary is there, in every way it must be.

    check_vocabulary.py ROOT LIST_NAMES PROGRAM…

A line has these columns, each followed by "|"; "- reason" stands for one that there can't be:
word, kind, C++ type, recipe, save and load ("recipe": by vocabulary_test.cpp; or tests), tests of its formula, cases of goldens ("file:case*"), page of the reference ("layers#dense").
LIST_NAMES is the program made of docs/list_names.cpp. Types that the library lists and no line names are mistakes too.
"""

import fnmatch
import json
import pathlib
import re
import struct
import subprocess
import sys

from check_mission import cases_in

KINDS = {"layer": "layers", "activation": "activations", "initializer": "initializers", "regularizer": "regularizers",
         "constraint": "constraints", "loss": "losses", "metric": "metrics", "optimizer": "optimizers", "schedule": "schedules",
         "callback": "callbacks"}
COLUMNS = ("word", "kind", "type", "recipe", "saved", "tests", "goldens", "page")


def lines_of(text):
    """(number, columns) of each line."""
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, [column.strip() for column in line.split("|")[:-1]]


def golden_cases(folder):
    """{"losses": ["huber", …], …}"""
    cases = {}
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(size))
        cases[path.stem] = [case["name"] for case in json.loads(header["__metadata__"]["oracle"])["cases"]]
    return cases


def anchors(root):
    """"layers#dense" for each heading of a page of the reference."""
    found = set()
    for page in (root / "docs/reference").glob("*.md"):
        for line in page.read_text().splitlines():
            if line.startswith("#"):
                words = re.sub(r"[^\w -]", "", line.lstrip("# ").lower())
                found.add(f"{page.stem}#{words.replace(' ', '-')}")
    return found


def type_of(entry):
    """What a row of a list makes; that of another name is the type's own."""
    if isinstance(entry, str):
        return entry
    config = entry["config"]
    return config if isinstance(config, str) else config["type"]


def names_listed(lists, kind):
    names = {type_of(entry) for entry in lists[KINDS[kind]]}
    # Every loss is a metric too, by the same formula.
    return names - names_listed(lists, "loss") if kind == "metric" else names


class Checker:
    def __init__(self, root, lists, cases):
        self.lists, self.cases = lists, cases
        self.goldens = golden_cases(root / "tests/oracle/golden")
        self.anchors = anchors(root)

    def mistakes(self, text):
        named = {kind: set() for kind in KINDS}
        for number, columns in lines_of(text):
            if len(columns) != len(COLUMNS):
                yield f"line {number} has {len(columns)} columns, not {len(COLUMNS)}"
                continue
            line = dict(zip(COLUMNS, columns))
            for column, value in line.items():
                if len(value.lstrip("- ")) == 0:
                    yield f"line {number}, {line['word']}: {column} is empty"
            yield from (f"line {number}, {line['word']}: {mistake}" for mistake in self.of_line(line, named))
        for kind, names in named.items():
            for name in sorted(names_listed(self.lists, kind) - names):
                yield f"no line has the {kind} {name}"

    @staticmethod
    def tests_in(column):
        return [] if column.startswith("-") or column == "recipe" else column.split()

    def of_line(self, line, named):
        if line["kind"] in KINDS and not line["type"].startswith("-"):
            named[line["kind"]].add(line["type"])
            known = {type_of(entry) for entry in self.lists[KINDS[line["kind"]]]}
            if line["type"] not in known:
                yield f"there is no {line['kind']} {line['type']}"
        if (line["saved"] == "recipe") == line["recipe"].startswith("-"):
            yield "a recipe is what is saved and loaded, and where there is none tests are"
        for name in self.tests_in(line["saved"]) + self.tests_in(line["tests"]):
            if not fnmatch.filter(self.cases, name):
                yield f"there is no test {name}"
        if not line["goldens"].startswith("-"):
            for golden in line["goldens"].split():
                file, _, case = golden.partition(":")
                if not fnmatch.filter(self.goldens.get(file, []), case):
                    yield f"there is no golden {golden}"
        if not line["page"].startswith("-") and line["page"] not in self.anchors:
            yield f"the reference has no {line['page']}"


def main():
    root = pathlib.Path(sys.argv[1])
    lists = json.loads(subprocess.run([sys.argv[2]], check=True, text=True, stdout=subprocess.PIPE).stdout)
    cases = [case for program in sys.argv[3:] for case in cases_in(program)]
    found = list(Checker(root, lists, cases).mistakes((root / "tests/vocabulary").read_text()))
    for mistake in found:
        print(f"tests/vocabulary: {mistake}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
