#include <sloy/ops.h>

#include <fmt/format.h>

#include <algorithm>

#include "ops/check.h"
#include "ops/loops.h"
#include "ops/shape.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

/// A shape seen along one axis: `outer` runs of `size` rows of `inner` neighbours.
struct Along {
  Along(const Shape& shape, int axis) {
    const int place = axis < 0 ? axis + shape.rank() : axis;
    for (int i = 0; i < place; ++i) outer *= shape.size(i);
    size = shape.size(place);
    for (int i = place + 1; i < shape.rank(); ++i) inner *= shape.size(i);
  }
  std::int64_t outer = 1;
  std::int64_t size = 1;
  std::int64_t inner = 1;
};

std::vector<Type> infer_concatenate(const ConcatenateAttributes& attributes, Operands in) {
  if (in.size() == 0) throw ShapeError("there is nothing to concatenate");
  const int axis = check_axis(in.shape(0), attributes.axis);
  std::int64_t total = 0;
  for (int i = 0; i < in.size(); ++i) {
    check_dtype(in, i, fmt::format("operand {}", i), in[0].dtype);
    const Shape& shape = in.shape(i);
    if (shape.rank() == in.shape(0).rank()) check_fixed(shape, axis);
    if (shape.rank() != in.shape(0).rank() || shape.without(axis) != in.shape(0).without(axis)) {
      throw ShapeError(
          fmt::format("the operands may differ along axis {} alone", axis),
          {shape_note("operand 0", in.shape(0)), shape_note(fmt::format("operand {}", i), shape)});
    }
    if (__builtin_add_overflow(total, shape.size(axis), &total)) {
      throw ShapeError("the sizes along the axis do not add up to a number of 63 bits");
    }
  }
  Shape joined = in.shape(0);
  joined[axis] = total;
  return {{in[0].dtype, joined}};
}

Values concatenate_gradient(const ConcatenateAttributes& attributes, const Backward& b) {
  Values gradients;
  std::int64_t begin = 0;
  for (int i = 0; i < b.inputs(); ++i) {
    const std::int64_t end = begin + b.input(i).shape().size(attributes.axis);
    gradients.push_back(b.needs(i) ? slice(b.output_gradient(), attributes.axis, begin, end)
                                   : Value{});
    begin = end;
  }
  return gradients;
}

template <class T>
void concatenate_elements(const ConcatenateAttributes& attributes, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class Element>(Element) {
    auto y = buffers.output<Element>();
    const Along to(y.shape, attributes.axis);
    std::int64_t start = 0;
    for (int i = 0; i < static_cast<int>(buffers.inputs.size()); ++i) {
      auto x = buffers.input<Element>(i);
      const std::int64_t run = Along(x.shape, attributes.axis).size * to.inner;
      for (std::int64_t o = 0; o < to.outer; ++o) {
        std::copy_n(x.data + o * run, run, y.data + o * to.size * to.inner + start);
      }
      start += run;
    }
  });
}

std::vector<Type> infer_slice(const SliceAttributes& attributes, Operands in) {
  check_count(in, 1);
  const int axis = check_axis(in.shape(0), attributes.axis);
  check_fixed(in.shape(0), axis);
  const std::int64_t size = in.shape(0).size(axis);
  if (attributes.begin < 0 || attributes.begin >= attributes.end || attributes.end > size) {
    throw ShapeError(fmt::format("there are no elements {} to {} along axis {} of size {}",
                                 attributes.begin, attributes.end, axis, size),
                     {shape_note("x", in.shape(0))}, "give 0 ≤ begin < end ≤ size");
  }
  Shape shape = in.shape(0);
  shape[axis] = attributes.end - attributes.begin;
  return {{in[0].dtype, shape}};
}

template <class T>
void slice_elements(const SliceAttributes& attributes, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class Element>(Element) {
    auto x = buffers.input<Element>();
    const Along from(x.shape, attributes.axis);
    const std::int64_t run = (attributes.end - attributes.begin) * from.inner;
    Element* y = buffers.output<Element>().data;
    for (std::int64_t o = 0; o < from.outer; ++o) {
      y = std::copy_n(x.data + (o * from.size + attributes.begin) * from.inner, run, y);
    }
  });
}

std::vector<Type> infer_pad(const PadAttributes& attributes, Operands in) {
  check_count(in, 1);
  const int axis = check_axis(in.shape(0), attributes.axis);
  check_fixed(in.shape(0), axis);
  Shape shape = in.shape(0);
  std::int64_t size = shape.size(axis);
  if (attributes.before < 0 || attributes.after < 0 ||
      __builtin_add_overflow(size, attributes.before, &size) ||
      __builtin_add_overflow(size, attributes.after, &size)) {
    throw ShapeError(fmt::format("can't add {} elements before and {} after", attributes.before,
                                 attributes.after),
                     {shape_note("x", in.shape(0))}, "to take elements away use slice");
  }
  shape[axis] = size;
  return {{in[0].dtype, shape}};
}

template <class T>
void pad_elements(const PadAttributes& attributes, const Buffers& buffers) {
  with_element<T>(buffers.inputs[0].dtype, [&]<class Element>(Element) {
    auto x = buffers.input<Element>();
    const Along from(x.shape, attributes.axis);
    const std::int64_t run = from.size * from.inner;
    Element* y = buffers.output<Element>().data;
    for (std::int64_t o = 0; o < from.outer; ++o) {
      y = std::fill_n(y, attributes.before * from.inner, Element{});
      y = std::copy_n(x.data + o * run, run, y);
      y = std::fill_n(y, attributes.after * from.inner, Element{});
    }
  });
}

std::vector<Type> infer_one_hot(const OneHotAttributes& attributes, Operands in) {
  check_count(in, 1);
  check_dtype(in, 0, "indices", DType::int32);
  if (attributes.classes.factor() < 1) {
    throw ShapeError(fmt::format("{} classes are too few", to_string(attributes.classes)), {},
                     "give 1 or more");
  }
  Shape shape = in.shape(0);
  shape.push_back(attributes.classes);
  return {{DType::float32, shape}};
}

template <class T>
void one_hot_elements(const OneHotAttributes& attributes, const Buffers& buffers) {
  auto indices = buffers.input<std::int32_t>();
  auto y = buffers.output<T>();
  const std::int64_t classes = attributes.classes.size();
  std::fill(y.begin(), y.end(), T{0});
  for (std::int64_t i = 0, size = indices.size(); i < size; ++i) {
    if (indices[i] >= 0 && indices[i] < classes) y[i * classes + indices[i]] = 1;
  }
}

}  // namespace

constinit const OpDefinition<ConcatenateAttributes> concatenate_op{{
    .name = "concatenate",
    .infer = infer_concatenate,
    .gradient = concatenate_gradient,
    .reference = {{concatenate_elements<float>, concatenate_elements<double>}},
    .onnx = "Concat",
    .formula = "the operands one after the other along an axis",
}};

constinit const OpDefinition<SliceAttributes> slice_op{{
    .name = "slice",
    .infer = infer_slice,
    .gradient = [](const SliceAttributes& a, const Backward& b) -> Values {
      const std::int64_t size = b.input().shape().size(a.axis);
      return {pad(b.output_gradient(), a.axis, a.begin, size - a.end)};
    },
    .reference = {{slice_elements<float>, slice_elements<double>}},
    .onnx = "Slice",
    .formula = "the elements begin ≤ i < end along an axis",
}};

constinit const OpDefinition<PadAttributes> pad_op{{
    .name = "pad",
    .infer = infer_pad,
    .gradient = [](const PadAttributes& a, const Backward& b) -> Values {
      const std::int64_t size = b.input().shape().size(a.axis);
      return {slice(b.output_gradient(), a.axis, a.before, a.before + size)};
    },
    .reference = {{pad_elements<float>, pad_elements<double>}},
    .onnx = "Pad",
    .formula = "x with zeros before and after along an axis",
}};

constinit const OpDefinition<OneHotAttributes> one_hot_op{{
    .name = "one_hot",
    .infer = infer_one_hot,
    .gradient = [](auto&, const Backward&) -> Values { return {Value{}}; },
    .reference = {{one_hot_elements<float>, one_hot_elements<double>}},
    .onnx = "OneHot",
    .formula = "y_ij = 1 where j = x_i, else 0",
}};

Value concatenate(std::span<const Value> values, int axis) {
  if (values.empty()) throw ShapeError("concatenate: there is nothing to concatenate");
  const int place = from_first(values.front().shape(), axis);
  return concatenate_op({place}, {values.begin(), values.end()}).front();
}

Value slice(Value x, int axis, std::int64_t begin, std::int64_t end) {
  return slice_op({from_first(x.shape(), axis), begin, end}, {x}).front();
}

Value pad(Value x, int axis, std::int64_t before, std::int64_t after) {
  return pad_op({from_first(x.shape(), axis), before, after}, {x}).front();
}

Value one_hot(Value indices, Dim classes) { return one_hot_op({classes}, {indices}).front(); }

}  // namespace sloy
