#include "onnx/files.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <onnx/defs/tensor_proto_util.h>

#include "onnx/out_of_scope.h"

namespace sloy::from_onnx {
namespace {

template <class Message>
Message read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Message message;
  if (!file || !message.ParseFromIstream(&file)) {
    throw std::runtime_error(fmt::format("can't read {}", path.string()));
  }
  return message;
}

/// "To the end" is written as the largest int64, or nearly that.
std::vector<std::int64_t> within_int32(std::vector<std::int64_t> values) {
  using Limits = std::numeric_limits<std::int32_t>;
  for (std::int64_t& value : values)
    value = std::clamp<std::int64_t>(value, Limits::min(), Limits::max());
  return values;
}

std::vector<float> flags(const onnx::TensorProto& tensor) {
  std::vector<float> values;
  for (char byte : tensor.raw_data()) values.push_back(byte != 0 ? 1.0f : 0.0f);
  for (std::int32_t flag : tensor.int32_data()) values.push_back(flag != 0 ? 1.0f : 0.0f);
  return values;
}

}  // namespace

onnx::ModelProto read_model(const std::filesystem::path& path) {
  return read<onnx::ModelProto>(path);
}

onnx::TensorProto read_tensor(const std::filesystem::path& path) {
  return read<onnx::TensorProto>(path);
}

bool has_no_elements(const onnx::TensorProto& tensor) {
  return std::find(tensor.dims().begin(), tensor.dims().end(), 0) != tensor.dims().end();
}

Tensor to_tensor(const onnx::TensorProto& tensor) {
  using onnx::TensorProto;
  if (has_no_elements(tensor)) throw OutOfScope{"a tensor without elements"};
  const Shape shape(std::vector<std::int64_t>(tensor.dims().begin(), tensor.dims().end()));
  switch (tensor.data_type()) {
    case TensorProto::FLOAT: return Tensor(shape, onnx::ParseData<float>(&tensor));
    case TensorProto::DOUBLE: return Tensor(shape, onnx::ParseData<double>(&tensor));
    case TensorProto::INT32: return Tensor(shape, onnx::ParseData<std::int32_t>(&tensor));
    case TensorProto::INT64:
      return Tensor(shape, std::span<const std::int64_t>(
                               within_int32(onnx::ParseData<std::int64_t>(&tensor))));
    case TensorProto::BOOL: return Tensor(shape, flags(tensor));
    default: break;
  }
  throw OutOfScope{"element type " + TensorProto::DataType_Name(
                                         static_cast<TensorProto::DataType>(tensor.data_type()))};
}

}  // namespace sloy::from_onnx
