#include <fmt/format.h>
#include <sloy/model.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/arguments.h"
#include "base/words.h"
#include "nn/model_impl.h"
#include "program/executable.h"
#include "train/adapt.h"

namespace sloy {
namespace {

/// Checks that features fit the model's input, and puts them into the dtype its program reads.
Tensor fitting(const Tensor& features, const Type& input, NumericPrecision precision) {
  const Shape& shape = features.shape();
  if (shape.rank() != input.shape.rank() || shape.without(0) != input.shape.without(0)) {
    throw ShapeError("the features have another shape than the model's input",
                     {{"features", to_string(shape)}, {"input", to_string(input.shape)}},
                     "give a batch dimension first, also for one example");
  }
  if (!is_float(input.dtype)) return features.cast(input.dtype);
  if (features.dtype() == DType::uint8) return features;  // pixels
  return features.cast(precision == NumericPrecision::float64 ? DType::float64 : DType::float32);
}

/// One example after the other in memory.
class Rows {
 public:
  explicit Rows(const Tensor& tensor)
      : tensor_(tensor),
        bytes_(tensor.shape().size(0) == 0
                   ? 0
                   : tensor.bytes() / static_cast<std::size_t>(tensor.shape().size(0))) {}
  const std::byte* at(std::int64_t row) const {
    return tensor_.data() + static_cast<std::size_t>(row) * bytes_;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  const Tensor& tensor_;
  std::size_t bytes_;
};

}  // namespace

std::vector<Tensor> Model::predict(const std::vector<Tensor>& features,
                                   const PredictOptions& options) {
  const ModelGraph& graph = impl_->built();
  if (features.size() != graph.inputs.size()) {
    throw ShapeError(fmt::format("the model has {}, not {}", counted(graph.inputs.size(), "input"),
                                 features.size()),
                     {}, "give a tensor for each input, in their order");
  }
  require_positive("batch_size", options.batch_size);
  require_measured(*impl_, "predict");
  State& state = impl_->weights();
  std::vector<Tensor> feeds;
  for (std::size_t i = 0; i < features.size(); ++i) {
    feeds.push_back(fitting(features[i], graph.type(graph.inputs[i]), state.precision()));
    if (feeds[i].shape()[0] != feeds[0].shape()[0]) {
      throw ShapeError("the inputs have different numbers of examples",
                       {{"input 0", to_string(feeds[0].shape())},
                        {fmt::format("input {}", i), to_string(feeds[i].shape())}},
                       "give as many of each: the n-th of all are one example");
    }
  }
  const std::int64_t count = feeds.front().shape().size(0);
  std::vector<DType> dtypes;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const bool is_pixels = feeds[i].dtype() == DType::uint8;
    dtypes.push_back(is_pixels ? DType::uint8 : graph.type(graph.inputs[i]).dtype);
  }
  const Program program = impl_->inference_program(dtypes);

  const DType number =
      state.precision() == NumericPrecision::float64 ? DType::float64 : DType::float32;
  std::vector<Tensor> results;
  for (ModelGraph::Ref ref : graph.outputs) {
    const Type& type = graph.type(ref);
    results.emplace_back(is_float(type.dtype) ? number : type.dtype, type.shape.bind(count));
  }
  if (count == 0) return results;

  // Few programs serve all sizes: small batches are rounded up to a power of two.
  const std::int64_t size = std::min<std::int64_t>(
      options.batch_size,
      static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(count))));
  for (Tensor& feed : feeds) {
    if (count >= size) break;
    Tensor wide(feed.dtype(), feed.shape().with_first(size));
    std::memcpy(wide.mutable_data(), feed.data(), feed.bytes());
    feed = wide;
  }
  Executable& step = program.executable(size);
  for (std::int64_t done = 0; done < count; done += size) {
    // The last batch reaches back over examples already done rather than being a smaller one.
    const std::int64_t first = std::max<std::int64_t>(0, std::min(done, count - size));
    std::vector<const void*> pointers;
    for (const Tensor& feed : feeds) pointers.push_back(Rows(feed).at(first));
    step.run(state, pointers);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::size_t bytes = Rows(results[i]).bytes();
      const auto rows = static_cast<std::size_t>(std::min(size, count));
      std::memcpy(results[i].mutable_data() + static_cast<std::size_t>(first) * bytes,
                  step.output(i), rows * bytes);
    }
  }
  return results;
}

Tensor Model::predict(const Tensor& features, const PredictOptions& options) {
  std::vector<Tensor> results = predict(std::vector<Tensor>{features}, options);
  if (results.size() == 1) return results.front();
  throw ConfigError(fmt::format("the model has {} outputs", results.size()), {},
                    "predict from a vector of tensors, which gives one tensor for each");
}

Tensor Model::predict(const data::Dataset& dataset, const PredictOptions& options) {
  if (dataset.empty()) {
    throw DataError("the data set to predict has no examples", {}, "give one or more");
  }
  std::vector<Tensor> results = predict(dataset.features(), options);
  if (results.size() == 1) return results.front();
  throw ConfigError(fmt::format("the model has {} outputs", results.size()), {},
                    "predict from dataset.features(), which gives one tensor for each");
}

}  // namespace sloy
