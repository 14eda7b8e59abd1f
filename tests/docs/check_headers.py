#!/usr/bin/env python3
"""Compiles what the comments of the public headers show: their blocks are the lines indented by four
spaces.

A block with a line that begins with '[' is TOML, and parsed; one that begins with "error: " is what
is printed; every other is C++. Types it defines stand in a namespace of its header, where its later
blocks find them too; the rest of it is the body of a function. All is one program, compiled once.
"""

import argparse
import dataclasses
import pathlib
import re
import sys
import tempfile
import textwrap
import tomllib

from check_page import compiler_call, run

TYPE = re.compile(r"^(?:struct|class|enum class) \w+.*?(?:\{\};|^\};)\n?", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass
class Block:
    line: int  # of its first line of text
    text: str

    def language(self):
        if re.search(r"^\[", self.text, re.MULTILINE):
            return "toml"
        return "output" if self.text.startswith("error: ") else "cpp"


def blocks_of(header):
    """The blocks of a header's text; an empty line of comment does not end one."""
    blocks, last = [], -2
    for number, line in enumerate(header.splitlines(), 1):
        comment = re.match(r"\s*///(?:     (.*)|\s*)$", line)
        if comment and comment[1] is not None:
            if last != number - 1:
                blocks.append(Block(number, ""))
            blocks[-1].text += comment[1] + "\n"
            last = number
        elif comment and last == number - 1:
            blocks[-1].text += "\n"
            last = number
    return blocks


def parts_of(block):
    """(line, text, whether it is a type) of a C++ block's parts, in their order."""
    parts, done = [], 0
    for found in TYPE.finditer(block.text):
        parts += [(done, block.text[done:found.start()], False), (found.start(), found[0], True)]
        done = found.end()
    parts.append((done, block.text[done:], False))
    return [(block.line + block.text.count("\n", 0, start), text, is_type)
            for start, text, is_type in parts if text.strip()]


def program_of(headers):
    """All C++ of (name, blocks) pairs, with its lines numbered as the headers number them."""
    program = "#include <sloy/sloy.h>\n"
    for name, blocks in headers:
        space = re.sub(r"\W", "_", name)
        program += f"namespace {space} {{\nusing namespace sloy;\n"
        functions = 0
        for block in blocks:
            if block.language() != "cpp":
                continue
            for line, text, is_type in parts_of(block):
                code = f'#line {line} "{name}"\n{text}'
                if not is_type:
                    functions += 1
                    code = f"void block_{functions}() {{\n{code}}}\n"
                program += code
        program += "}\n"
    return program


def failures_of(headers, compiler, include):
    """What is wrong with the blocks of (name, blocks) pairs."""
    failures = []
    for name, blocks in headers:
        for block in blocks:
            if block.language() == "toml":
                try:
                    tomllib.loads(textwrap.dedent(block.text))
                except tomllib.TOMLDecodeError as error:
                    failures.append(f"{name}:{block.line}: {error}")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "blocks.cpp"
        source.write_text(program_of(headers))
        done = run([*compiler_call(compiler, include), "-fsyntax-only", str(source)], folder)
    if done.returncode != 0:
        failures.append(done.stdout)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    options = parser.parse_args()
    include = options.root.resolve() / "include"
    headers = [(path.relative_to(include.parent).as_posix(), blocks_of(path.read_text()))
               for path in sorted(include.glob("sloy/**/*.h"))]
    failures = failures_of(headers, options.compiler, include)
    print("\n".join(failures), file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
