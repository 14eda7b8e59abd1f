#include "onnx/node_tests.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "onnx/out_of_scope.h"

namespace sloy::from_onnx {
namespace {

/// Operators one by one, a few together, and layers as PyTorch wrote them.
constexpr std::array sets{"node", "simple", "pytorch-converted", "pytorch-operator"};
const std::filesystem::path data = "/usr/share/libonnx-testdata/data";

/// input_0.pb, input_1.pb, …
std::vector<onnx::TensorProto> tensors(const std::filesystem::path& folder, std::string_view kind) {
  std::vector<onnx::TensorProto> read;
  for (;;) {
    const auto path = folder / "test_data_set_0" / fmt::format("{}_{}.pb", kind, read.size());
    if (!std::filesystem::exists(path)) return read;
    read.push_back(read_tensor(path));
  }
}

/// The numbers of test_adam_multiple were made with an ε of 0.01, which its model forgets to say.
void add_what_is_forgotten(std::string_view test, onnx::ModelProto& model) {
  if (test != "test_adam_multiple") return;
  onnx::AttributeProto& epsilon = *model.mutable_graph()->mutable_node(0)->add_attribute();
  epsilon.set_name("epsilon");
  epsilon.set_f(0.01f);
}

}  // namespace

std::unique_ptr<Import> NodeTest::imported() const {
  onnx::ModelProto model = read_model(folder / "model.onnx");
  add_what_is_forgotten(name(), model);
  return std::make_unique<Import>(model, tensors(folder, "input"));
}

std::vector<onnx::TensorProto> NodeTest::expected() const { return tensors(folder, "output"); }

std::optional<std::string> NodeTest::out_of_scope() const {
  try {
    imported();
    for (const onnx::TensorProto& tensor : expected()) to_tensor(tensor);
  } catch (const OutOfScope& found) {
    return found.what;
  } catch (const std::exception&) {
    // A test of its own says so.
  }
  return {};
}

void PrintTo(const NodeTest& test, std::ostream* out) { *out << test.name(); }

std::vector<NodeTest> node_tests() {
  std::vector<NodeTest> found;
  for (const char* set : sets) {
    if (!std::filesystem::exists(data / set)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(data / set)) {
      found.push_back({entry.path()});
    }
  }
  const auto by_name = [](const NodeTest& a, const NodeTest& b) { return a.name() < b.name(); };
  std::sort(found.begin(), found.end(), by_name);
  return found;
}

}  // namespace sloy::from_onnx
