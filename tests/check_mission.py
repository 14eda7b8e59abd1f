#!/usr/bin/env python3
"""Every numbered line of docs/design/mission.md has its tests, or is said to come later.

    check_mission.py ROOT PROGRAM…

tests/mission.txt has a line for each number: the number, then names of test cases (Suite.Case, "*"
stands for anything) or of scripts under tests/, or the word "later". A name that no test bears is a
mistake as much as a missing number. So is one that docs/errata.md names.
"""

import fnmatch
import pathlib
import re
import subprocess
import sys


def cases_in(program):
    """The cases of a GoogleTest program, as Suite.Case."""
    listed = subprocess.run([program, "--gtest_list_tests"], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    suite, cases = "", []
    for line in listed.splitlines():
        name = line.split("#")[0].rstrip()
        if name.startswith("  "):
            cases.append(suite + name.strip())
        else:
            suite = name
    return cases


def mistakes(mission, listed, cases, root):
    """What is wrong with the text of tests/mission.txt, given the mission's and all test cases."""
    required = re.findall(r"^- (\d+\.\d+) ", mission, re.MULTILINE)
    lines = [line.split("#")[0].split() for line in listed.splitlines()]
    lines = [line for line in lines if line]
    numbers = [line[0] for line in lines]
    for number in required:
        if numbers.count(number) != 1:
            yield f"{number} has {numbers.count(number)} lines"
    for number, *names in lines:
        if number not in required:
            yield f"{number} is no line of the mission"
        if not names:
            yield f"{number} names neither tests nor \"later\""
        for name in names:
            known = name == "later" or (root / "tests" / name).is_file()
            if not known and not fnmatch.filter(cases, name):
                yield f"{number}: there is no test {name}"


def unknown_tests(errata, cases):
    """Tests that docs/errata.md names and nobody has."""
    for name in re.findall(r"`([A-Z]\w+\.[\w*]+)`", errata):
        if not fnmatch.filter(cases, name):
            yield f"there is no test {name}"


def main():
    root = pathlib.Path(sys.argv[1])
    cases = [case for program in sys.argv[2:] for case in cases_in(program)]
    listed = (root / "tests/mission.txt").read_text()
    found = list(mistakes((root / "docs/design/mission.md").read_text(), listed, cases, root))
    for mistake in found:
        print(f"tests/mission.txt: {mistake}", file=sys.stderr)
    unknown = list(unknown_tests((root / "docs/errata.md").read_text(), cases))
    for mistake in unknown:
        print(f"docs/errata.md: {mistake}", file=sys.stderr)
    later = len(re.findall(r"^\S+\s.*\blater\b", listed, re.MULTILINE))
    print(f"figure: {later} of {len(listed.splitlines())} lines of the mission come later")
    sys.exit(1 if found or unknown else 0)


if __name__ == "__main__":
    main()
