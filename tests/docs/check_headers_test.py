#!/usr/bin/env python3
"""check_headers.py finds what it should: a checker that passes everything would go unnoticed."""

import pathlib
import tempfile
import unittest

import check_headers

HEADER = """\
/// Words.
///
///     struct Own {
///       int x = two;
///     };
///
///     Own own;
/// More words.
///
///     [train]
///     epochs = 3
#pragma once
namespace sloy {
/// error.h shows:
///
///     error: no such file
struct S {
  ///     int y = own_x(Own{});
  int z;  ///<     not a block
};
}
"""


def failures(block):
    """How many failures a header has whose comment shows `block`."""
    text = "".join(f"///     {line}\n" for line in block.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        include = pathlib.Path(folder)
        (include / "sloy").mkdir()
        (include / "sloy/sloy.h").write_text("namespace sloy { inline int two = 2; }\n")
        headers = [("sloy/x.h", check_headers.blocks_of(text))]
        return len(check_headers.failures_of(headers, "g++", include))


class Blocks(unittest.TestCase):
    def test_are_found_with_their_lines_and_languages(self):
        found = check_headers.blocks_of(HEADER)
        self.assertEqual([b.line for b in found], [3, 10, 16, 18])
        self.assertEqual([b.language() for b in found], ["cpp", "toml", "output", "cpp"])
        self.assertEqual(found[1].text, "[train]\nepochs = 3\n")

    def test_types_stand_apart_from_statements(self):
        types_and_lines = [(is_type, line) for line, _, is_type
                           in check_headers.parts_of(check_headers.blocks_of(HEADER)[0])]
        self.assertEqual(types_and_lines, [(True, 3), (False, 6)])


class Compiling(unittest.TestCase):
    def test_what_compiles_passes(self):
        self.assertEqual(failures("struct A {\n  int x = two;\n};\nA a;\na.x = 3;\n"), 0)
        self.assertEqual(failures("[train]\nloss = { type = \"L2\" }\n"), 0)
        self.assertEqual(failures("error: there is no compiler for this\n"), 0)

    def test_what_does_not_fails(self):
        self.assertEqual(failures("int x = three;\n"), 1)
        self.assertEqual(failures("struct A {\n  int x = three;\n};\n"), 1)
        self.assertEqual(failures("two + 1;\n"), 1)  # a warning
        self.assertEqual(failures("[train]\nepochs = \n"), 1)


if __name__ == "__main__":
    unittest.main()
