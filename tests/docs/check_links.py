#!/usr/bin/env python3
"""Every relative link of the given pages leads to a file, and every repository path they quote
(`src/ops/table.h`) exists.

    check_links.py ROOT PAGE…
"""

import pathlib
import re
import sys

LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)[^)]*\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)  # where [](…) is a lambda
QUOTED = re.compile(r"`((?:src|include|apps|tests|scripts|docs|examples|cmake|bench)/[\w./-]+)`")


def missing(page, root):
    text = FENCED.sub("", page.read_text())
    for link in LINK.findall(text):
        if not (page.parent / link).exists():
            yield link
    for path in QUOTED.findall(text):
        if not (root / path).exists() and not re.search(r"NAME|NN", path):
            yield path


def main():
    root = pathlib.Path(sys.argv[1])
    broken = [(page, path) for page in sys.argv[2:] for path in missing(pathlib.Path(page), root)]
    for page, path in broken:
        print(f"{page}: there is no {path}", file=sys.stderr)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
