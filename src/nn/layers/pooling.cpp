#include "nn/layers/arguments.h"

namespace sloy {
namespace {

template <class L>
PoolOptions pool_options(const L& layer, Value x) {
  require_positive("pool_size", layer.pool_size);
  const auto strides = layer.strides.is_given() ? layer.strides : layer.pool_size;
  require_positive("strides", strides);
  if (layer.padding.kind() == Padding::Kind::causal) {
    throw ConfigError("a pool has no causal padding", {},
                      "give `valid`, `same` or numbers of cells");
  }
  return {.pool_size = to_list(layer.pool_size),
          .window = window(x.shape(), to_list(layer.pool_size), to_list(strides), layer.padding)};
}

/// One window over all positions: pooling has kernels for blocked channels, which reductions over
/// the middle axes have not.
PoolOptions over_all(Value x) {
  PoolOptions options;
  for (int axis = 1; axis + 1 < x.rank(); ++axis) {
    options.pool_size.push_back(x.dim(axis).size());
  }
  return options;
}

/// (batch, 1…, channels) as it is, or without the dimensions between.
Value without_positions(Value y, bool keepdims) {
  return keepdims ? y : reshape(y, {y.dim(0), y.dim(-1)});
}

/// Zeros around x where the window has padding, which it then has no more.
Value pad_for(PoolOptions& options, Value x) {
  Window& window = options.window;
  for (std::size_t i = 0; i < window.padding_low.size(); ++i) {
    if (window.padding_low[i] == 0 && window.padding_high[i] == 0) continue;
    x = pad(x, static_cast<int>(i) + 1, window.padding_low[i], window.padding_high[i]);
    window.padding_low[i] = window.padding_high[i] = 0;
  }
  return x;
}

}  // namespace

template <int N>
Symbol MaxPooling<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value MaxPooling<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  return max_pool(x, pool_options(*this, x)).values;
}
template struct MaxPooling<1>;
template struct MaxPooling<2>;
template struct MaxPooling<3>;

template <int N>
Symbol AveragePooling<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value AveragePooling<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  PoolOptions options = pool_options(*this, x);
  if (count_include_pad) x = pad_for(options, x);
  return average_pool(x, options);
}
template struct AveragePooling<1>;
template struct AveragePooling<2>;
template struct AveragePooling<3>;

template <int N>
Symbol GlobalAveragePooling<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value GlobalAveragePooling<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  return without_positions(average_pool(x, over_all(x)), keepdims);
}
template struct GlobalAveragePooling<1>;
template struct GlobalAveragePooling<2>;
template struct GlobalAveragePooling<3>;

template <int N>
Symbol GlobalMaxPooling<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value GlobalMaxPooling<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  return without_positions(max_pool(x, over_all(x)).values, keepdims);
}
template struct GlobalMaxPooling<1>;
template struct GlobalMaxPooling<2>;
template struct GlobalMaxPooling<3>;

}  // namespace sloy
