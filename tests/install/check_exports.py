#!/usr/bin/env python3
"""What the public headers declare and the library defines is exported from the shared library.

    check_exports.py INCLUDE STATIC_LIBRARY SHARED_LIBRARY

The static library has every symbol there is. Of a class that a public header defines each one must
be exported, private members too, as inline code of the headers may call them; of a class template
that is exported, the members that the library instantiates. A free function is
found by its declaration: the headers are formatted, so it begins in the first column.
"""
import pathlib
import re
import subprocess
import sys

# What needs no export: it is compiled into whoever includes the header.
INLINE = re.compile(r"(template|inline|constexpr|using|struct|class|enum|extern)\b")
TEMPLATE = re.compile(r"^template <int N>\nstruct SLOY_EXPORT (\w+)", re.MULTILINE)
CLASS = re.compile(r"^(?:struct|class) (?:SLOY_EXPORT )?(\w+)[^;]*?\{", re.MULTILINE)
ATTRIBUTE = re.compile(r"\[\[\w+\]\] ")
FUNCTION = re.compile(r"[\w:<>,&* ]+ [&*]?[\w=+*/-]+\(.*\)( const)?( noexcept)?;$", re.DOTALL)
COMMENT = re.compile(r"//.*")


def declarations(text: str):
    """Statements of namespace scope."""
    depth, statement = 0, ""
    for line in COMMENT.sub("", text).splitlines():
        if line.startswith("#"):
            continue
        if re.match(r"(inline )?namespace .*\{", line) or re.match(r"\}.*", line) and depth == 0:
            continue
        for letter in line + " ":
            if depth == 0:
                statement += letter
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0 and letter in ";}":
                yield statement.strip()
                statement = ""


def symbols(library: pathlib.Path, types: str, *options: str) -> set[str]:
    listed = subprocess.run(["nm", "--defined-only", "--demangle", *options, str(library)],
                            check=True, capture_output=True, text=True).stdout
    found = set()
    for line in listed.splitlines():
        parts = line.split(" ", 2)
        if len(parts) == 3 and parts[1] in types:
            found.add(parts[2])
    return found


def main() -> int:
    include, static, shared = map(pathlib.Path, sys.argv[1:])
    classes: set[str] = set()
    templates: set[str] = set()
    complaints = []
    functions = 0
    for header in sorted(include.rglob("*.h")):
        text = header.read_text()
        classes.update(CLASS.findall(text))
        templates.update(TEMPLATE.findall(text))
        for statement in declarations(text):
            statement = ATTRIBUTE.sub("", statement)
            if not FUNCTION.match(statement) or INLINE.match(statement):
                continue
            functions += 1
            if not statement.startswith("SLOY_EXPORT "):
                complaints.append(f"{header.name}: {statement}")
    exported = symbols(shared, "TDRBVW", "--dynamic")
    members = {symbol for symbol in symbols(static, "TDRB")
               if (name := re.match(r"(?:vtable for |typeinfo for )?sloy::(\w+)(?:::|$)", symbol))
               and name[1] in classes}
    instances = {symbol for symbol in symbols(static, "W")
                 if (name := re.match(r"sloy::(\w+)<\d>::(?:call|operator\(\))", symbol))
                 and name[1] in templates}
    if templates and not instances:
        complaints.append("no template is instantiated")
    complaints += sorted((members | instances) - exported)
    if not functions or not members:
        complaints.append("nothing was found to check")
    if complaints:
        print("declared in public headers, but not exported (SLOY_EXPORT is missing):",
              *complaints, sep="\n  ", file=sys.stderr)
        return 1
    print(f"{functions} functions and {len(members)} symbols of {len(classes)} classes are exported")
    return 0


if __name__ == "__main__":
    sys.exit(main())
