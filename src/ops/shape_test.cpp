#include "ops/shape.h"

#include "harness/op_cases.h"

namespace sloy {

template <>
OpCases cases<reshape_op>() {
  return {reshape_op,
          {{.shapes = {{2, 3}},
            .values = {{1, 2, 3, 4, 5, 6}},
            .attributes = ShapeAttributes{{3, 2}},
            .expect = {{1, 2, 3, 4, 5, 6}}},
           {.shapes = {{batch, 4, 2}}, .attributes = ShapeAttributes{{batch, 8}}},
           {.shapes = {{batch, 4, 2}}, .attributes = ShapeAttributes{{Dim::batches(4), 2}}},
           {.shapes = {{1, 1}}, .attributes = ShapeAttributes{{}}},
           {.shapes = {{}}, .attributes = ShapeAttributes{{1, 1, 1}}},
           {.shapes = {{6}},
            .dtypes = {DType::int32},
            .attributes = ShapeAttributes{{2, 3}},
            .below = 100},
           {.shapes = {{6}},
            .dtypes = {DType::uint8},
            .attributes = ShapeAttributes{{2, 3}},
            .below = 100},
           {.shapes = {{2, 3}},
            .attributes = ShapeAttributes{{7}},
            .error = "reshape: 6 elements can't become 7"},
           {.shapes = {{batch, 3}},
            .attributes = ShapeAttributes{{96}},
            .error = "reshape: 3*batch elements can't become 96"}},
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<transpose_op>() {
  return {transpose_op,
          {{.shapes = {{2, 3}},
            .values = {{1, 2, 3, 4, 5, 6}},
            .attributes = TransposeAttributes{{1, 0}},
            .expect = {{1, 4, 2, 5, 3, 6}}},
           {.shapes = {{2, 1, 3}},
            .values = {{1, 2, 3, 4, 5, 6}},
            .attributes = TransposeAttributes{{2, 0, 1}},
            .expect = {{1, 4, 2, 5, 3, 6}}},
           {.shapes = {{batch, 3, 4}}, .attributes = TransposeAttributes{{0, 2, 1}}},
           {.shapes = {{batch, 3, 4}}, .attributes = TransposeAttributes{{1, 2, 0}}},
           {.shapes = {{2, 3, 4, 5}}, .attributes = TransposeAttributes{{3, 1, 0, 2}}},
           {.shapes = {{33, 17}}, .attributes = TransposeAttributes{{1, 0}}},
           {.shapes = {{2, 8, 8, 64}}, .attributes = TransposeAttributes{{0, 3, 1, 2}}},
           {.shapes = {{}}, .attributes = TransposeAttributes{{}}},
           {.shapes = {{3, 4}},
            .dtypes = {DType::int32},
            .attributes = TransposeAttributes{{1, 0}},
            .below = 100},
           {.shapes = {{3, 4}},
            .attributes = TransposeAttributes{{0, 0}},
            .error = "transpose: the permutation must name each axis of x once"},
           {.shapes = {{3, 4}},
            .attributes = TransposeAttributes{{1, 0, 2}},
            .error = "transpose: the permutation must name each axis of x once"}},
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<broadcast_to_op>() {
  return {broadcast_to_op,
          {{.shapes = {{2, 1}},
            .values = {{1, 2}},
            .attributes = ShapeAttributes{{2, 3}},
            .expect = {{1, 1, 1, 2, 2, 2}}},
           {.values = {{1, 2}}, .attributes = ShapeAttributes{{2, 2}}, .expect = {{1, 2, 1, 2}}},
           {.shapes = {{}}, .attributes = ShapeAttributes{{batch, 3}}, .mostly_constant = true},
           {.shapes = {{batch, 1}}, .attributes = ShapeAttributes{{batch, 5}}},
           {.shapes = {{1, 3}}, .attributes = ShapeAttributes{{batch, 3}}},
           {.shapes = {{4, 1, 3}}, .attributes = ShapeAttributes{{2, 4, 2, 3}}},
           {.shapes = {{64}}, .attributes = ShapeAttributes{{2, 8, 8, 64}}},
           {.shapes = {{2, 1, 1, 33}}, .attributes = ShapeAttributes{{2, 5, 5, 33}}},
           {.shapes = {{1, 4}},
            .dtypes = {DType::int32},
            .attributes = ShapeAttributes{{3, 4}},
            .below = 100},
           {.shapes = {{2}},
            .attributes = ShapeAttributes{{3}},
            .error = "broadcast_to: the shapes don't fit each other along axis -1: 2 and 3"},
           {.shapes = {{2, 3}},
            .attributes = ShapeAttributes{{3}},
            .error = "broadcast_to: repeating x can't give this shape"},
           {.shapes = {{3}},
            .attributes = ShapeAttributes{{1}},
            .error = "broadcast_to: repeating x can't give this shape"}},
          {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
