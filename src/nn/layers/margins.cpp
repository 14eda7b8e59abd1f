/// Layers that repeat positions, add them or cut them off.
#include <fmt/format.h>

#include "nn/layers/arguments.h"

namespace sloy {

template <int N>
Symbol UpSampling<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value UpSampling<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  require_positive("size", size);
  return upsample(x, to_list(size));
}
template struct UpSampling<1>;
template struct UpSampling<2>;
template struct UpSampling<3>;

template <int N>
Symbol ZeroPadding<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value ZeroPadding<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  require_margins("padding", padding.ends());
  int axis = 1;
  for (const Ends& ends : padding.ends()) {
    if (ends != Ends{}) x = pad(x, axis, ends.before, ends.after);
    ++axis;
  }
  return x;
}
template struct ZeroPadding<1>;
template struct ZeroPadding<2>;
template struct ZeroPadding<3>;

template <int N>
Symbol Cropping<N>::operator()(const Symbol& x) const {
  return apply(*this, x);
}
template <int N>
Value Cropping<N>::call(Scope&, Value x) const {
  require_directions(x, N);
  require_margins("cropping", cropping.ends());
  int axis = 1;
  for (const Ends& ends : cropping.ends()) {
    const std::int64_t size = x.dim(axis).size();
    if (std::int64_t{ends.before} + ends.after >= size) {
      throw ShapeError(
          fmt::format("cutting {} and {} off {} leaves nothing", ends.before, ends.after, size),
          {{"input", to_string(x.shape())}}, "cut less, or feed larger data");
    }
    if (ends != Ends{}) x = slice(x, axis, ends.before, size - ends.after);
    ++axis;
  }
  return x;
}
template struct Cropping<1>;
template struct Cropping<2>;
template struct Cropping<3>;

}  // namespace sloy
