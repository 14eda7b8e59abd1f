#include "ops/convolution.h"

#include <fmt/format.h>

#include <algorithm>

#include "ops/check.h"
#include "ops/convolution_loops.h"

namespace sloy {
namespace {

using Values = std::vector<Value>;

/// dy, as an operand of the gradients, must have the shape the convolution gives.
void check_gradient(const Shape& dy, const Shape& x, const Shape& kernel,
                    const ConvolutionOptions& options) {
  const Shape y = convolution_shape(x, kernel, options);
  if (dy == y) return;
  throw ShapeError(
      "dy does not have the shape of the convolution's result",
      {shape_note("dy", dy, image_dims(dy.rank())), shape_note("result", y, image_dims(y.rank())),
       shape_note("input", x, image_dims(x.rank())),
       shape_note("kernel", kernel, kernel_dims(kernel.rank()))});
}

std::vector<Type> infer(const ConvolutionAttributes& attributes, Operands in) {
  check_count(in, 2, 3);
  check_float(in, 0, "the input");
  check_float(in, 1, "the kernel");
  const Shape shape = convolution_shape(in.shape(0), in.shape(1), attributes.options);
  if (in.size() == 3) {
    check_float(in, 2, "the bias");
    if (in.shape(2) != Shape{shape[-1]}) {
      throw ShapeError("the bias must have one number a filter",
                       {shape_note("bias", in.shape(2)), shape_note("result", shape)});
    }
  }
  return {{DType::float32, shape}};
}

Values gradient(const ConvolutionAttributes& attributes, const Backward& b) {
  assert(b.inputs() == 2 && !attributes.relu && "differentiation comes before fusion");
  auto [x, kernel, dy] = std::tuple{b.input(0), b.input(1), b.output_gradient()};
  const ConvolutionOptions& options = attributes.options;
  Values gradients(2);
  if (b.needs(0)) gradients[0] = convolution_input_gradient(dy, kernel, x.shape(), options);
  if (b.needs(1)) gradients[1] = convolution_kernel_gradient(x, dy, kernel.shape(), options);
  return gradients;
}

template <class T>
void forward(const ConvolutionAttributes& attributes, const Buffers& buffers) {
  auto x = buffers.input<T>(0);
  auto kernel = buffers.input<T>(1);
  auto y = buffers.output<T>();
  const std::int64_t filters = y.shape.size(-1);
  const T* bias = buffers.inputs.size() == 3 ? buffers.input<T>(2).data : nullptr;
  for (std::int64_t i = 0, size = y.size(); i < size; ++i) y[i] = bias ? bias[i % filters] : T{0};
  for_each_row(convolution_sizes(x.shape, kernel.shape, attributes.options), x.shape.size(0),
               [&](const ConvolutionRow& row) {
                 for (std::int64_t f = 0; f < row.filters; ++f) {
                   y[row.y + f] += x[row.x] * kernel[row.kernel + f];
                 }
               });
  if (attributes.relu) {
    for (T& value : y) value = value <= 0 ? 0 : value;
  }
}

std::vector<Type> infer_input_gradient(const ConvolutionInputGradientAttributes& attributes,
                                       Operands in) {
  check_count(in, 2);
  check_float(in, 0, "dy");
  check_float(in, 1, "the kernel");
  check_gradient(in.shape(0), attributes.input, in.shape(1), attributes.options);
  return {{DType::float32, attributes.input}};
}

Values gradient_of_input_gradient(const ConvolutionInputGradientAttributes& attributes,
                                  const Backward& b) {
  auto [dy, kernel, cotangent] = std::tuple{b.input(0), b.input(1), b.output_gradient()};
  const ConvolutionOptions& options = attributes.options;
  Values gradients(2);
  if (b.needs(0)) gradients[0] = convolution(cotangent, kernel, options);
  if (b.needs(1)) {
    gradients[1] = convolution_kernel_gradient(cotangent, dy, kernel.shape(), options);
  }
  return gradients;
}

template <class T>
void input_gradient(const ConvolutionInputGradientAttributes& attributes, const Buffers& buffers) {
  auto dy = buffers.input<T>(0);
  auto kernel = buffers.input<T>(1);
  auto dx = buffers.output<T>();
  std::fill(dx.begin(), dx.end(), T{0});
  for_each_row(convolution_sizes(dx.shape, kernel.shape, attributes.options), dx.shape.size(0),
               [&](const ConvolutionRow& row) {
                 for (std::int64_t f = 0; f < row.filters; ++f) {
                   dx[row.x] += dy[row.y + f] * kernel[row.kernel + f];
                 }
               });
}

std::vector<Type> infer_kernel_gradient(const ConvolutionKernelGradientAttributes& attributes,
                                        Operands in) {
  check_count(in, 2);
  check_float(in, 0, "the input");
  check_float(in, 1, "dy");
  check_gradient(in.shape(1), in.shape(0), attributes.kernel, attributes.options);
  return {{DType::float32, attributes.kernel}};
}

Values gradient_of_kernel_gradient(const ConvolutionKernelGradientAttributes& attributes,
                                   const Backward& b) {
  auto [x, dy, cotangent] = std::tuple{b.input(0), b.input(1), b.output_gradient()};
  const ConvolutionOptions& options = attributes.options;
  Values gradients(2);
  if (b.needs(0)) {
    gradients[0] = convolution_input_gradient(dy, cotangent, x.shape(), options);
  }
  if (b.needs(1)) gradients[1] = convolution(x, cotangent, options);
  return gradients;
}

template <class T>
void kernel_gradient(const ConvolutionKernelGradientAttributes& attributes,
                     const Buffers& buffers) {
  auto x = buffers.input<T>(0);
  auto dy = buffers.input<T>(1);
  auto dkernel = buffers.output<T>();
  std::fill(dkernel.begin(), dkernel.end(), T{0});
  for_each_row(convolution_sizes(x.shape, dkernel.shape, attributes.options), x.shape.size(0),
               [&](const ConvolutionRow& row) {
                 for (std::int64_t f = 0; f < row.filters; ++f) {
                   dkernel[row.kernel + f] += x[row.x] * dy[row.y + f];
                 }
               });
}

/// A multiplication and an addition for every tap, channel and result; padding counts as well.
Cost products(const Shape& y, const Shape& kernel) {
  const std::int64_t kernel_elements = kernel.size() / kernel.size(-1);
  return {.flops = 2.0 * static_cast<double>(y.size()) * static_cast<double>(kernel_elements)};
}

}  // namespace

ConvolutionSizes convolution_sizes(const Shape& x, const Shape& kernel,
                                   const ConvolutionOptions& options) {
  const auto notes = [&]() -> std::vector<Note> {
    return {shape_note("input", x, image_dims(x.rank())),
            shape_note("kernel", kernel, kernel_dims(kernel.rank()))};
  };
  if (kernel.rank() != x.rank() || x.rank() < 3 || x.rank() > 5) {
    throw ShapeError(fmt::format("an input of {} dimensions and a kernel of {} don't fit", x.rank(),
                                 kernel.rank()),
                     notes(), "both must have 3, 4 or 5: one more than two each spatial dimension");
  }
  if (kernel.is_symbolic()) throw ShapeError("the kernel can't depend on the batch", notes());
  if (kernel.size() < 1) throw ShapeError("the kernel is empty", notes());
  std::vector<std::int64_t> size;
  for (int axis = 0; axis < kernel.rank() - 2; ++axis) size.push_back(kernel.size(axis));
  const WindowAxes axes = window_axes(x, size, options.window);

  const std::int64_t channels = kernel.size(-2);
  const std::int64_t filters = kernel.size(-1);
  const std::int64_t groups = options.groups;
  if (groups < 1) {
    throw ShapeError(fmt::format("{} groups are too few", groups), notes(), "give 1 or more");
  }
  if (x.size(-1) % groups != 0 || filters % groups != 0) {
    throw ShapeError(fmt::format("{} channels and {} filters can't be split into {} groups",
                                 x.size(-1), filters, groups),
                     notes(), "groups must divide both");
  }
  if (x.size(-1) / groups != channels) {
    const std::string of_group = groups == 1 ? "" : fmt::format(" in each of {} groups", groups);
    throw ShapeError(
        fmt::format("the input has {} channels{}, the kernel expects {}", x.size(-1) / groups,
                    of_group, channels),
        notes(),
        fmt::format("feed {} channels, or build the kernel for {}", channels * groups, x.size(-1)));
  }
  return {.axes = axes, .groups = groups, .channels = channels, .filters = filters / groups};
}

Shape convolution_shape(const Shape& x, const Shape& kernel, const ConvolutionOptions& options) {
  Shape shape = window_output(x, convolution_sizes(x, kernel, options).axes);
  shape[-1] = kernel[-1];
  return shape;
}

constinit const OpDefinition<ConvolutionAttributes> convolution_op{{
    .name = "convolution",
    .infer = infer,
    .gradient = gradient,
    .reference = {{forward<float>, forward<double>}},
    .cost = [](auto&, Operands in,
               std::span<const Type> results) { return products(results[0].shape, in.shape(1)); },
    .onnx = "Conv",
    .formula = "y[n, i, o] = Σ_{t, c} x[n, i·stride + t·dilation − low, c] · kernel[t, c, o]",
}};

constinit const OpDefinition<ConvolutionInputGradientAttributes> convolution_input_gradient_op{{
    .name = "convolution_input_gradient",
    .infer = infer_input_gradient,
    .gradient = gradient_of_input_gradient,
    .reference = {{input_gradient<float>, input_gradient<double>}},
    .cost = [](auto&, Operands in,
               std::span<const Type>) { return products(in.shape(0), in.shape(1)); },
    .onnx = "ConvTranspose",
    .formula = "dx[n, j, c] = Σ_{i, t: i·stride + t·dilation − low = j} Σ_o dy[n, i, o] · "
               "kernel[t, c, o]",
}};

constinit const OpDefinition<ConvolutionKernelGradientAttributes> convolution_kernel_gradient_op{{
    .name = "convolution_kernel_gradient",
    .infer = infer_kernel_gradient,
    .gradient = gradient_of_kernel_gradient,
    .reference = {{kernel_gradient<float>, kernel_gradient<double>}},
    .cost = [](auto&, Operands in,
               std::span<const Type> results) { return products(in.shape(1), results[0].shape); },
    .formula = "dkernel[t, c, o] = Σ_{n, i} x[n, i·stride + t·dilation − low, c] · dy[n, i, o]",
}};

namespace {

ConvolutionOptions canonical(ConvolutionOptions options, const Shape& x) {
  options.window = canonical(options.window, x.rank() - 2);
  return options;
}

}  // namespace

Value convolution(Value x, Value kernel, ConvolutionOptions options) {
  return convolution_op({.options = canonical(options, x.shape())}, {x, kernel}).front();
}

Value convolution_input_gradient(Value dy, Value kernel, Shape input, ConvolutionOptions options) {
  return convolution_input_gradient_op({input, canonical(options, input)}, {dy, kernel}).front();
}

Value convolution_kernel_gradient(Value x, Value dy, Shape kernel, ConvolutionOptions options) {
  return convolution_kernel_gradient_op({kernel, canonical(options, x.shape())}, {x, dy}).front();
}

}  // namespace sloy
