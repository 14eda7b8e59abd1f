/// ONNX's files: models, and the numbers that go in and come out.
#pragma once

#include <filesystem>

#include <onnx/onnx_pb.h>

#include <sloy/tensor.h>

namespace sloy::from_onnx {

/// Throws std::runtime_error where there is no such file, or it is no model.
onnx::ModelProto read_model(const std::filesystem::path& path);
/// Throws likewise.
onnx::TensorProto read_tensor(const std::filesystem::path& path);

bool has_no_elements(const onnx::TensorProto& tensor);

/// int64 as int32, which they must fit, bool as 0 and 1 of float32. Throws OutOfScope on other
/// element types that the library hasn't, and where there are no elements.
Tensor to_tensor(const onnx::TensorProto& tensor);

}  // namespace sloy::from_onnx
