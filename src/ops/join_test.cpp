#include "harness/op_cases.h"
#include "ops/shape.h"

namespace sloy {

template <>
OpCases cases<concatenate_op>() {
  return {concatenate_op,
          {{.shapes = {{2, 1}, {2, 2}},
            .values = {{1, 2}, {10, 11, 20, 21}},
            .expect = {{1, 10, 11, 2, 20, 21}}},
           {.shapes = {{2}, {1}, {3}}, .attributes = ConcatenateAttributes{0}},
           {.shapes = {{batch, 3}, {batch, 1}, {batch, 2}}},
           {.shapes = {{batch, 2, 3}, {batch, 1, 3}}, .attributes = ConcatenateAttributes{1}},
           {.shapes = {{4, 4}}},
           {.shapes = {{2, 8, 8, 64}, {2, 8, 8, 17}, {2, 8, 8, 33}}},
           {.shapes = {{2, 3, 5, 32}, {2, 3, 5, 16}}},
           {.shapes = {{2, 3, 5, 16}, {2, 1, 5, 16}}, .attributes = ConcatenateAttributes{1}},
           {.shapes = {{2, 3, 5, 16}, {1, 3, 5, 16}}, .attributes = ConcatenateAttributes{0}},
           {.shapes = {{2}, {3}},
            .dtypes = {DType::int32, DType::int32},
            .attributes = ConcatenateAttributes{0},
            .below = 100},
           {.shapes = {}, .error = "concatenate: there is nothing to concatenate"},
           {.shapes = {{2, 3}, {3, 3}},
            .error = "concatenate: the operands may differ along axis 1 alone"},
           {.shapes = {{2, 3}, {2}},
            .error = "concatenate: the operands may differ along axis 1 alone"},
           {.shapes = {{batch, 3}, {batch, 3}},
            .attributes = ConcatenateAttributes{0},
            .error = "concatenate: the size along axis 0 depends on the batch"},
           {.shapes = {{3}, {3}},
            .dtypes = {DType::float32, DType::int32},
            .error = "concatenate: operand 1 must be float32, not int32"}},
          {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<slice_op>() {
  return {
      slice_op,
      {{.shapes = {{2, 4}},
        .values = {{1, 2, 3, 4, 5, 6, 7, 8}},
        .attributes = SliceAttributes{.axis = 1, .begin = 1, .end = 3},
        .expect = {{2, 3, 6, 7}}},
       {.shapes = {{5}}, .attributes = SliceAttributes{.axis = 0, .begin = 0, .end = 5}},
       {.shapes = {{batch, 5}}, .attributes = SliceAttributes{.axis = -1, .begin = 4, .end = 5}},
       {.shapes = {{batch, 4, 3}}, .attributes = SliceAttributes{.axis = 1, .begin = 2, .end = 4}},
       {.shapes = {{2, 8, 8, 64}},
        .attributes = SliceAttributes{.axis = 3, .begin = 15, .end = 48}},
       {.shapes = {{2, 8, 8, 64}}, .attributes = SliceAttributes{.axis = 3, .begin = 8, .end = 24}},
       {.shapes = {{2, 3, 5, 64}},
        .attributes = SliceAttributes{.axis = 3, .begin = 16, .end = 48}},
       {.shapes = {{2, 4, 5, 32}}, .attributes = SliceAttributes{.axis = 2, .begin = 1, .end = 4}},
       {.shapes = {{3, 4, 5, 32}}, .attributes = SliceAttributes{.axis = 0, .begin = 1, .end = 3}},
       {.shapes = {{batch, 3}},
        .attributes = SliceAttributes{.axis = 0, .begin = 0, .end = 1},
        .error = "slice: the size along axis 0 depends on the batch"},
       {.shapes = {{4}},
        .attributes = SliceAttributes{.axis = 0, .begin = 2, .end = 5},
        .error = "slice: there are no elements 2 to 5 along axis 0 of size 4"},
       {.shapes = {{4}},
        .attributes = SliceAttributes{.axis = 0, .begin = 2, .end = 2},
        .error = "slice: there are no elements 2 to 2 along axis 0 of size 4"}},
      {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<pad_op>() {
  return {
      pad_op,
      {{.shapes = {{2, 2}},
        .values = {{1, 2, 3, 4}},
        .attributes = PadAttributes{.axis = 1, .before = 1, .after = 2},
        .expect = {{0, 1, 2, 0, 0, 0, 3, 4, 0, 0}}},
       {.shapes = {{batch, 4}}, .attributes = PadAttributes{.axis = 1, .before = 0, .after = 1}},
       {.shapes = {{batch, 4, 3}}, .attributes = PadAttributes{.axis = 1, .before = 2, .after = 0}},
       {.shapes = {{3}}, .attributes = PadAttributes{.axis = 0, .before = 0, .after = 0}},
       {.shapes = {{2, 8, 8, 17}}, .attributes = PadAttributes{.axis = 2, .before = 1, .after = 1}},
       {.shapes = {{2, 3, 5, 32}}, .attributes = PadAttributes{.axis = 1, .before = 2, .after = 1}},
       {.shapes = {{2, 3, 5, 16}}, .attributes = PadAttributes{.axis = 3, .before = 8, .after = 8}},
       {.shapes = {{2, 3, 5, 48}},
        .attributes = PadAttributes{.axis = 3, .before = 16, .after = 16}},
       {.shapes = {{3}},
        .attributes = PadAttributes{.axis = 0, .before = -1, .after = 0},
        .error = "pad: can't add -1 elements before and 0 after"},
       {.shapes = {{batch}},
        .attributes = PadAttributes{.axis = 0, .before = 1, .after = 0},
        .error = "pad: the size along axis 0 depends on the batch"}},
      {.accuracy = Accuracy::exact}};
}

template <>
OpCases cases<one_hot_op>() {
  constexpr DType int32 = DType::int32;
  return {
      one_hot_op,
      {{.values = {{1, 0, 3, -1}},
        .dtypes = {int32},
        .attributes = OneHotAttributes{3},
        .expect = {{0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}}},
       {.shapes = {{batch}}, .dtypes = {int32}, .attributes = OneHotAttributes{2}, .below = 2},
       {.shapes = {{batch, 7}}, .dtypes = {int32}, .attributes = OneHotAttributes{3}, .below = 3},
       {.shapes = {{}}, .dtypes = {int32}, .attributes = OneHotAttributes{2}, .below = 2},
       {.shapes = {{33}},
        .dtypes = {int32},
        .attributes = OneHotAttributes{10},
        .below = 10,
        .mostly_constant = true},
       {.shapes = {{5}}, .dtypes = {int32}, .attributes = OneHotAttributes{batch}, .below = 2},
       {.shapes = {{5}},
        .dtypes = {int32},
        .attributes = OneHotAttributes{0},
        .error = "one_hot: 0 classes are too few"},
       {.shapes = {{5}},
        .attributes = OneHotAttributes{3},
        .error = "one_hot: indices must be int32, not float32"}},
      {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
