#!/usr/bin/env python3
"""Runs what a page of documentation shows: its shell commands and its C++ snippets.

    ```sh        commands; all of a page run in one shell, in order
    ```console   commands behind "$ ", then what they print: compared, "…" stands for anything
    ```cpp       a program, or statements; each is compiled against the build's library and run
    ```c++       the same
    ```toml      a recipe, which `sloy plan` must accept, or a part of one, which must be TOML
    ```text      only shown

A block of another language, or of none, must be marked as not run. An HTML comment just before a block changes what is done with it:

    <!-- not run: WHY -->               the block is only shown
    <!-- compiled, not run: WHY -->     C++ that takes long or needs what isn't there
    <!-- first: CODE -->                put before the block's own code, unseen by the reader

Commands run in a scratch directory that holds links to the repository's files, with the built
programs on the PATH; what they write stays there.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

FENCE = re.compile(r"^```(\S*)\s*$")
COMMENT = re.compile(r"<!--\s*(not run|compiled, not run|first):((?:(?!-->).)*)-->\Z", re.DOTALL)


@dataclasses.dataclass
class Block:
    language: str
    line: int  # of its first line of text
    text: str
    mark: str = ""  # "not run", "compiled, not run", "first"
    mark_text: str = ""


def blocks_of(page):
    """The blocks of a page's text that aren't only shown, with the marks before them."""
    blocks, before, inside = [], [], None
    for number, line in enumerate(page.splitlines(), 1):
        fence = FENCE.match(line)
        if inside is None and fence:
            inside = Block(fence[1], number + 1, "")
            mark = COMMENT.search("\n".join(before).rstrip())
            if mark:
                inside.mark, inside.mark_text = mark[1], mark[2].strip()
            before = []
        elif inside is not None and line.rstrip() == "```":
            if inside.language != "text":
                blocks.append(inside)
            inside = None
        elif inside is not None:
            inside.text += line + "\n"
        else:
            before.append(line)
    return blocks


def commands_of(block):
    """(command, expected output or None) of a shell block."""
    if block.language == "sh":
        return [(block.text, None)]
    commands = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            commands.append([line[2:] + "\n", ""])
        elif commands and commands[-1][0].endswith("\\\n"):
            commands[-1][0] += line.removeprefix("> ") + "\n"
        elif commands:
            commands[-1][1] += line + "\n"
    return [tuple(command) for command in commands]


def output_matches(expected, printed):
    def words(text):
        return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())

    pattern = re.escape(words(expected)).replace("…", ".*")
    return re.fullmatch(pattern, words(printed), re.DOTALL) is not None


def program_of(block, page_name):
    """A whole C++ program of a block, with its lines numbered as the page numbers them."""
    first = block.mark_text + "\n" if block.mark == "first" else ""
    line = f'#line {block.line} "{page_name}"\n'
    if re.search(r"^int main\(", block.text, re.MULTILINE):
        return first + line + block.text
    includes = re.findall(r"^#include .*\n", first + block.text, re.MULTILINE)
    body = re.sub(r"^#include .*$", "", block.text, flags=re.MULTILINE)
    first = re.sub(r"^#include .*$", "", first, flags=re.MULTILINE)
    return (
        "".join(includes)
        + "#include <sloy/sloy.h>\nusing namespace sloy;\nint main() {\n"
        + first
        + line
        + body
        + "}\n"
    )


class Page:
    def __init__(self, path, root, build, compiler):
        self.name = path.relative_to(root).as_posix()
        self.blocks = blocks_of(path.read_text())
        self.root, self.build, self.compiler = root, build, compiler
        self.scratch = build / "docs-tests" / self.name.removesuffix(".md").replace("/", "_")
        self.failures = 0

    def run(self):
        self.make_scratch()
        shell = []
        for number, block in enumerate(self.blocks):
            if block.mark == "not run":
                continue
            if block.language in ("cpp", "c++"):
                self.check_program(block, f"snippet{number}")
            elif block.language == "toml":
                self.check_recipe(block, f"recipe{number}.toml")
            elif block.language in ("sh", "console"):
                shell.append(block)
            else:
                self.fail(block, f"nothing runs '{block.language}'", "mark it as not run, and why")
        if shell:
            self.check_commands(shell)
        return self.failures

    def make_scratch(self):
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        for entry in self.root.iterdir():
            if entry.name not in ("runs", ".git"):
                (self.scratch / entry.name).symlink_to(entry)

    def environment(self):
        path = f"{self.build / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "NO_COLOR": "1"}

    def fail(self, block, what, output):
        self.failures += 1
        print(f"{self.name}:{block.line}: {what}\n{output}", file=sys.stderr)

    def check_program(self, block, name):
        source = self.scratch / f"{name}.cpp"
        source.write_text(program_of(block, self.name))
        compile_command = compiler_call(self.compiler, self.root / "include")
        libraries = [f"-L{self.build / 'lib'}", "-lsloy"]
        if '#include "zoo/' in block.text:
            compile_command.append(f"-I{self.root}")
            libraries = [str(self.build / "lib/libsloy_zoo.a"), *libraries, "-lfmt"]
        compile_command += ["-O1", str(source), *libraries]
        compile_command += [f"-Wl,-rpath,{self.build / 'lib'}", "-o", str(self.scratch / name)]
        done = run(compile_command, self.scratch, self.environment())
        if done.returncode != 0:
            self.fail(block, "does not compile", done.stdout)
        elif block.mark != "compiled, not run":
            done = run([str(self.scratch / name)], self.scratch, self.environment())
            if done.returncode != 0:
                self.fail(block, f"exit status {done.returncode}", done.stdout)

    def check_recipe(self, block, name):
        try:
            keys = tomllib.loads(block.text)
        except tomllib.TOMLDecodeError as error:
            return self.fail(block, "is no TOML", error)
        if {"data", "model", "train"} <= keys.keys():
            (self.scratch / name).write_text(block.text)
            done = run(["sloy", "plan", name], self.scratch, self.environment())
            if done.returncode != 0:
                self.fail(block, "is refused", done.stdout)

    def check_commands(self, blocks):
        """One shell runs all blocks; a line of its own marks where each command's output begins."""
        script, expectations = "set -euo pipefail\nexec 2>&1\n", []
        for block in blocks:
            if block.mark == "first":
                script += block.mark_text + "\n"
            for command, expected in commands_of(block):
                script += f"printf '\\n@@ {len(expectations)}\\n'\n{command}"
                expectations.append((block, command, expected))
        done = run(["bash", "-c", script], self.scratch, self.environment())
        outputs = re.split(r"^@@ \d+\n", done.stdout, flags=re.MULTILINE)[1:]
        for number, printed in enumerate(outputs, 1):
            block, command, expected = expectations[number - 1]
            if number == len(outputs) and done.returncode != 0:
                self.fail(block, f"exit status {done.returncode}: {command.strip()}", printed)
            elif expected is not None and not output_matches(expected, printed):
                self.fail(block, f"prints something else: {command.strip()}", printed)


def compiler_call(compiler, include):
    """A snippet may show a variable that it doesn't use."""
    return [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable",
            "-Wno-unused-but-set-variable", f"-I{include}"]


def run(command, directory, environment=None):
    return subprocess.run(command, cwd=directory, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("page", type=pathlib.Path)
    options = parser.parse_args()
    page = Page(options.page, options.root, options.build, options.compiler)
    sys.exit(1 if page.run() else 0)


if __name__ == "__main__":
    main()
