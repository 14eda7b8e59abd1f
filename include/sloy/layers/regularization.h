/// Regularization layers: noise in training, nothing in inference.
#pragma once

#include <string>

#include <sloy/layer.h>

namespace sloy {

/// In training each number is 0 with probability `rate`, else divided by 1 − rate (inverted
/// dropout: Srivastava et al. 2014 scale at inference instead). In inference x itself. The shape
/// stays.
struct SLOY_EXPORT Dropout {
  double rate = 0;  ///< in [0, 1)
  std::string name = {};

  Value call(Scope& scope, Value x) const;
  Symbol operator()(const Symbol& x) const;
  static void fields(auto&& field) {
    field("rate", &Dropout::rate);
    field("name", &Dropout::name);
  }
};

}  // namespace sloy
