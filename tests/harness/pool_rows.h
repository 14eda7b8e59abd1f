/// Pools that every op of pooling makes rows of.
#pragma once

#include <sloy/ops.h>

#include <string>
#include <vector>

namespace sloy {

struct Pool {
  Shape x;
  PoolOptions options;
};

inline std::vector<Pool> pools() {
  const auto square = [](std::int64_t size, std::int64_t stride) {
    return PoolOptions{.pool_size = {size, size}, .window = {.strides = {stride, stride}}};
  };
  const auto same_padded = [&](Shape x, std::int64_t size, std::int64_t stride) {
    return Pool{
        x, {.pool_size = {size, size}, .window = window(x, {size, size}, {stride, stride}, same)}};
  };
  return {
      // small ones, whose gradients are checked
      {{1, 4, 4, 1}, square(2, 2)},
      {{batch, 5, 5, 2}, square(3, 2)},
      {{1, 5, 4, 2}, square(2, 1)},
      {{1, 7, 7, 1}, square(2, 3)},
      {{1, 4, 4, 3}, square(1, 1)},
      same_padded({1, 5, 5, 2}, 3, 2),
      same_padded({1, 4, 5, 1}, 3, 1),
      {{1, 4, 4, 2}, square(4, 4)},
      {{1, 6, 3}, {.pool_size = {3}, .window = {.strides = {2}}}},
      {{1, 4, 4, 4, 1}, {.pool_size = {2, 2, 2}, .window = {.strides = {2, 2, 2}}}},
      {{1, 3, 3, 1},
       {.pool_size = {2, 3}, .window = {.padding_low = {1, 0}, .padding_high = {0, 2}}}},
      // channels around the width of a vector, and layers as networks have them
      {{2, 6, 6, 15}, square(2, 2)},
      {{2, 6, 6, 17}, square(2, 2)},
      same_padded({2, 7, 7, 33}, 3, 2),
      {{2, 28, 28, 32}, square(2, 2)},
      {{2, 8, 8, 64}, square(2, 2)},
      {{1, 14, 14, 128}, square(3, 2)},
      same_padded({1, 14, 14, 64}, 3, 1),
      {{2, 7, 7, 64}, square(7, 1)},
      {{2, 31, 33},
       {.pool_size = {5}, .window = {.strides = {3}, .padding_low = {2}, .padding_high = {1}}}},
      {{1, 5, 6, 9, 16}, {.pool_size = {2, 3, 2}, .window = {.strides = {1, 2, 2}}}},
  };
}

struct RefusedPool {
  Shape x;
  PoolOptions options;
  std::string error;  ///< after the op's name
};

inline std::vector<RefusedPool> refused_pools() {
  return {
      {{1, 4, 4, 1},
       {.pool_size = {5, 2}},
       "the window is larger than the padded input: 5 along height, over 4"},
      {{1, 4, 4, 1}, {.pool_size = {2}}, "1 numbers of size for 2 spatial dimensions"},
      {{1, 4, 4, 1}, {.pool_size = {2, 0}}, "size 0 along width"},
      {{1, 4, 4, 1},
       {.pool_size = {2, 2}, .window = {.strides = {0, 1}}},
       "strides 0 along height"},
      {{1, 4, 4, 1},
       {.pool_size = {2, 2}, .window = {.dilations = {2, 1}}},
       "a pool has no dilation, 2 is given along height"},
      {{1, 4, 4, 1},
       {.pool_size = {2, 2}, .window = {.padding_low = {0, 2}}},
       "2 cells of padding along width leave a window of 2 empty"},
      {{4, 4}, {.pool_size = {2, 2}}, "the input must have 3, 4 or 5 dimensions, not 2"},
      {{1, 0, 4, 1}, {.pool_size = {2, 2}}, "the input has a dimension that is empty or too large"},
  };
}

}  // namespace sloy
