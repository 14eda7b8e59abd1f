#include <sloy/layers.h>

#include "nn/layers/arguments.h"

namespace sloy {
namespace {

PoolOptions pool_options(Value x, const IntPair& pool_size, const IntPair& strides,
                         Padding padding) {
  require_images(x);
  require_positive("pool_size", pool_size);
  const IntPair step = strides.is_given() ? strides : pool_size;
  require_positive("strides", step);
  return {.pool_size = to_list(pool_size),
          .window = window(x.shape(), to_list(pool_size), to_list(step), padding)};
}

}  // namespace

Symbol MaxPool2D::operator()(const Symbol& x) const { return apply(*this, x); }
Value MaxPool2D::call(Scope&, Value x) const {
  return max_pool(x, pool_options(x, pool_size, strides, padding)).values;
}

Symbol AveragePool2D::operator()(const Symbol& x) const { return apply(*this, x); }
Value AveragePool2D::call(Scope&, Value x) const {
  return average_pool(x, pool_options(x, pool_size, strides, padding));
}

Symbol GlobalAveragePooling2D::operator()(const Symbol& x) const { return apply(*this, x); }
Value GlobalAveragePooling2D::call(Scope&, Value x) const {
  require_images(x);
  // One window over the whole image: pooling has kernels for blocked channels, which a mean over
  // the middle axes has not.
  const std::vector<std::int64_t> image{x.dim(1).size(), x.dim(2).size()};
  const Value y =
      average_pool(x, {.pool_size = image, .window = window(x.shape(), image, {1, 1}, valid)});
  return keepdims ? y : reshape(y, {x.dim(0), x.dim(-1)});
}

Symbol UpSampling2D::operator()(const Symbol& x) const { return apply(*this, x); }
Value UpSampling2D::call(Scope&, Value x) const {
  require_images(x);
  require_positive("size", size);
  return upsample(x, to_list(size));
}

}  // namespace sloy
