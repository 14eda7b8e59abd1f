/// Numbers to learn from, for tests that train.
#pragma once

#include <sloy/data.h>

#include <cmath>
#include <vector>

namespace sloy::harness {

/// Points (a, b) whose target is 2·a − 3·b + ½.
inline data::Dataset regression(std::int64_t count) {
  std::vector<float> x, y;
  for (std::int64_t i = 0; i < count; ++i) {
    const double a = std::sin(static_cast<double>(i)), b = std::cos(2.0 * static_cast<double>(i));
    x.insert(x.end(), {static_cast<float>(a), static_cast<float>(b)});
    y.push_back(static_cast<float>(2 * a - 3 * b + 0.5));
  }
  return data::from_tensors(Tensor(Shape{count, 2}, x), Tensor(Shape{count, 1}, y));
}

}  // namespace sloy::harness
