#!/usr/bin/env python3
"""headers.py gives each declaration its own comment: one of an unrelated thing would be believed."""

import pathlib
import tempfile
import unittest

from headers import Headers

CORE = """\
/// Core.
#pragma once
struct SLOY_EXPORT Dense {
  double alpha = 1;       ///< the sum's weight
  bool use_bias = true;  ///< whether a bias is added
  int needed = 2;        ///< needed: one,
                         ///< or two
};
"""
OTHER = """\
/// Other.
#pragma once
/// How.
enum class Mode : std::uint8_t { automatic, min };
constexpr std::array<std::string_view, 2> enum_names(Mode) { return {"auto", "min"}; }

/// Form.
enum class Form : std::uint8_t {
  one,  ///< first
  two
};
constexpr std::array<std::string_view, 2> enum_names(Form) {
  return {"one", "two"};
}
struct SLOY_EXPORT ELU {
  double alpha = 1;
  bool use_bias = false;
  int use = 3;
};
/// Of all.
SLOY_EXPORT Tensor predict(const Tensor& features,
                           int batch = 1);
"""


class HeadersTest(unittest.TestCase):
    def setUp(self):
        with tempfile.TemporaryDirectory() as folder:
            layers = pathlib.Path(folder) / "layers"
            layers.mkdir()
            (layers / "core.h").write_text(CORE)
            (layers / "activation.h").write_text(OTHER)
            self.headers = Headers(pathlib.Path(folder))

    def test_a_comment_is_shared_only_by_arguments_of_one_meaning(self):
        members = self.headers.types["ELU"].members
        self.assertEqual(members["alpha"].doc, "")
        self.assertEqual(members["use_bias"].doc, "whether a bias is added")
        self.assertEqual(members["use"].doc, "")

    def test_a_member_has_its_type_default_and_whole_comment(self):
        member = self.headers.types["Dense"].members["needed"]
        self.assertEqual((member.type, member.default, member.doc), ("int", "2", "needed: one, or two"))

    def test_values_of_an_enum_go_by_the_names_of_files(self):
        mode, form = (self.headers.types[name].members for name in ("Mode", "Form"))
        self.assertEqual([(name, value.cpp) for name, value in mode.items()],
                         [("auto", "Mode::automatic"), ("min", "Mode::min")])
        self.assertEqual([(value.cpp, value.doc) for value in form.values()],
                         [("Form::one", "first"), ("Form::two", "")])

    def test_a_function_has_its_whole_signature(self):
        function = self.headers.function("predict")
        self.assertEqual(f"{function.returns} {function.name}({function.parameters})",
                         "Tensor predict(const Tensor& features, int batch = 1)")


if __name__ == "__main__":
    unittest.main()
