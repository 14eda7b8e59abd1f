#!/usr/bin/env python3
"""check_page.py finds what it should: a checker that passes everything would go unnoticed."""

import pathlib
import tempfile
import unittest

import check_page

PAGE = """\
# A page
```sh
echo one
```
<!-- not run: needs a printer -->
```sh
lp page.ps
```
Words.
<!-- first: int x = 2; -->

```cpp
x += 1;
```
```toml
a = 1
```
"""


def failures(text):
    """How many blocks of a page fail, run in a scratch project."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "page.md").write_text(text)
        (root / "include/sloy").mkdir(parents=True)
        (root / "include/sloy/sloy.h").write_text("namespace sloy { inline int two = 2; }\n")
        (root / "build/lib").mkdir(parents=True)
        (root / "build/lib/libsloy.so").write_text("INPUT(-lstdc++)\n")
        (root / "build/bin").mkdir()
        (root / "build/bin/sloy").write_text("#!/bin/sh\n! grep -q wrong $2\n")
        (root / "build/bin/sloy").chmod(0o755)
        page = check_page.Page(root / "page.md", root, root / "build", "g++")
        page.fail = lambda *what: setattr(page, "failures", page.failures + 1)
        return page.run()


class Blocks(unittest.TestCase):
    def test_are_found_with_their_lines_and_marks(self):
        found = check_page.blocks_of(PAGE)
        self.assertEqual([b.language for b in found], ["sh", "sh", "cpp", "toml"])
        self.assertEqual([b.line for b in found], [3, 7, 13, 16])
        self.assertEqual([b.mark for b in found], ["", "not run", "first", ""])
        self.assertEqual(found[2].mark_text, "int x = 2;")

    def test_a_mark_belongs_to_the_next_block_alone(self):
        found = check_page.blocks_of("<!-- not run: a --> but\n```sh\nb\n```\n```sh\nc\n```\n")
        self.assertEqual([b.mark for b in found], ["", ""])

    def test_console_blocks_are_commands_and_outputs(self):
        block = check_page.Block("console", 1, "$ echo a \\\n>   b\na b\n$ true\n")
        self.assertEqual(check_page.commands_of(block),
                         [("echo a \\\n  b\n", "a b\n"), ("true\n", "")])


class Running(unittest.TestCase):
    def test_commands_that_work_pass(self):
        self.assertEqual(failures("```sh\nx=1\n```\n```sh\ntest $x = 1\n```\n"), 0)

    def test_a_failing_command_fails(self):
        self.assertEqual(failures("```sh\nfalse\n```\n"), 1)
        self.assertEqual(failures("```sh\nfalse | true\n```\n"), 1)

    def test_output_is_compared(self):
        self.assertEqual(failures("```console\n$ printf 'loss 0.5'\nloss 0.5\n```\n"), 0)
        self.assertEqual(failures("```console\n$ echo loss 0.5\nloss …\n```\n"), 0)
        self.assertEqual(failures("```console\n$ echo loss 0.5\nloss 0.4\n```\n"), 1)
        self.assertEqual(failures("```console\n$ echo a\nb\n$ echo b\nb\n```\n"), 1)

    def test_what_is_marked_is_not_run(self):
        self.assertEqual(failures("<!-- not run: why -->\n```sh\nfalse\n```\n"), 0)
        code = "```cpp\nreturn 1;\n```\n"
        self.assertEqual(failures(code), 1)
        self.assertEqual(failures("<!-- compiled, not run: why -->\n" + code), 0)

    def test_a_language_that_nothing_runs_fails(self):
        self.assertEqual(failures("```rust\nfn\n```\n"), 1)
        self.assertEqual(failures("```\nls\n```\n"), 1)
        self.assertEqual(failures("```text\nls\n```\n"), 0)
        self.assertEqual(failures("<!-- not run: why -->\n```rust\nfn\n```\n"), 0)

    def test_recipes_are_read_by_the_program_and_parts_as_toml(self):
        recipe = "```toml\n[data]\n[train]\n[[model.layer]]\n{}\n```\n"
        self.assertEqual(failures(recipe.format("units = 1")), 0)
        self.assertEqual(failures(recipe.format("wrong = 1")), 1)
        self.assertEqual(failures("```toml\nwrong = 1\n```\n"), 0)
        self.assertEqual(failures("```toml\nunits =\n```\n"), 1)

    def test_snippets_are_compiled_and_run(self):
        self.assertEqual(failures("```c++\nreturn three;\n```\n"), 1)
        self.assertEqual(failures("```cpp\nreturn two - 2;\n```\n"), 0)
        self.assertEqual(failures("```cpp\nreturn three;\n```\n"), 1)
        self.assertEqual(failures("```cpp\n#include <cstdlib>\nstd::exit(two - 2);\n```\n"), 0)
        self.assertEqual(failures("<!-- first: int n = 2; -->\n```cpp\nreturn n - 2;\n```\n"), 0)
        self.assertEqual(failures("```cpp\nint main() { return 0; }\n```\n"), 0)
        self.assertEqual(failures("```cpp\nint main() { return 3; }\n```\n"), 1)


if __name__ == "__main__":
    unittest.main()
