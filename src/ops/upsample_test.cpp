#include "ops/upsample.h"

#include "harness/op_cases.h"

namespace sloy {

template <>
OpCases cases<upsample_op>() {
  return {upsample_op,
          {{.shapes = {{1, 2, 2, 1}},
            .values = {{1, 2, 3, 4}},
            .attributes = UpsampleAttributes{{1, 2}},
            .expect = {{1, 1, 2, 2, 3, 3, 4, 4}}},
           {.shapes = {{batch, 2, 3, 2}}, .attributes = UpsampleAttributes{{2, 2}}},
           {.shapes = {{1, 4, 3}}, .attributes = UpsampleAttributes{{3}}},
           {.shapes = {{1, 2, 1, 2, 1}}, .attributes = UpsampleAttributes{{2, 3, 1}}},
           {.shapes = {{1, 2, 2, 15}}, .attributes = UpsampleAttributes{{1, 1}}},
           {.shapes = {{2, 7, 7, 33}}, .attributes = UpsampleAttributes{{2, 2}}},
           {.shapes = {{2, 8, 8, 64}}, .attributes = UpsampleAttributes{{2, 2}}},
           {.shapes = {{1, 2, 2, 1}},
            .attributes = UpsampleAttributes{{2}},
            .error = "upsample: 1 factors for an input of 4 dimensions"},
           {.shapes = {{1, 2, 2, 1}},
            .attributes = UpsampleAttributes{{2, 0}},
            .error = "upsample: the factor 0 is too small"}},
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<upsample_gradient_op>() {
  return {upsample_gradient_op,
          {{.shapes = {{1, 2, 4, 1}},
            .values = {{1, 2, 3, 4, 10, 20, 30, 40}},
            .attributes = UpsampleAttributes{{2, 2}},
            .expect = {{33, 77}}},
           {.shapes = {{batch, 4, 6, 2}}, .attributes = UpsampleAttributes{{2, 2}}},
           {.shapes = {{1, 12, 3}}, .attributes = UpsampleAttributes{{3}}},
           {.shapes = {{1, 4, 3, 2, 1}}, .attributes = UpsampleAttributes{{2, 3, 1}}},
           {.shapes = {{1, 2, 2, 15}}, .attributes = UpsampleAttributes{{1, 1}}},
           {.shapes = {{2, 14, 14, 33}}, .attributes = UpsampleAttributes{{2, 2}}},
           {.shapes = {{2, 16, 16, 64}}, .attributes = UpsampleAttributes{{2, 2}}},
           {.shapes = {{1, 5, 4, 1}},
            .attributes = UpsampleAttributes{{2, 2}},
            .error = "upsample_gradient: the factor 2 does not divide the height 5"}}};
}

}  // namespace sloy
