/// ONNX's tests of its operators: folders with a model, its inputs and what must come out.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/files.h"
#include "onnx/import.h"

namespace sloy::from_onnx {

struct NodeTest {
  std::filesystem::path folder;
  std::string name() const { return folder.filename(); }

  /// The model with the test's inputs. Throws OutOfScope.
  std::unique_ptr<Import> imported() const;
  std::vector<onnx::TensorProto> expected() const;
  /// OutOfScope::what, or nothing where the library has all that the test needs.
  std::optional<std::string> out_of_scope() const;
};
void PrintTo(const NodeTest& test, std::ostream* out);

/// All tests that Debian's libonnx-testdata has in these sets, by name.
std::vector<NodeTest> node_tests();

}  // namespace sloy::from_onnx
