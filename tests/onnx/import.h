/// Import: an ONNX model as a graph.
#pragma once

#include <vector>

#include <onnx/onnx_pb.h>

#include "harness/golden.h"
#include "onnx/node.h"

namespace sloy::from_onnx {

class Import {
 public:
  /// `inputs` are fed to the model's inputs in their order, but for those that it has numbers of
  /// itself. Throws OutOfScope.
  Import(const onnx::ModelProto& model, const std::vector<onnx::TensorProto>& inputs);

  /// The numbers of all outputs.
  std::vector<Tensor> run(const harness::Comparison& comparison) const;

 private:
  void feed(const std::string& name, const onnx::TensorProto& tensor);

  Known known_;
  std::vector<Value> outputs_;
};

}  // namespace sloy::from_onnx
