/// Ops that change only where elements stand.
#pragma once

#include <sloy/op.h>

namespace sloy {

struct ShapeAttributes {
  Shape shape;
  bool operator==(const ShapeAttributes&) const = default;
  static void fields(auto&& field) { field("shape", &ShapeAttributes::shape); }
};

struct TransposeAttributes {
  std::vector<int> permutation;
  bool operator==(const TransposeAttributes&) const = default;
  static void fields(auto&& field) { field("permutation", &TransposeAttributes::permutation); }
};

struct ConcatenateAttributes {
  int axis = -1;
  bool operator==(const ConcatenateAttributes&) const = default;
  static void fields(auto&& field) { field("axis", &ConcatenateAttributes::axis); }
};

struct SliceAttributes {
  int axis = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const SliceAttributes&) const = default;
  static void fields(auto&& field) {
    field("axis", &SliceAttributes::axis);
    field("begin", &SliceAttributes::begin);
    field("end", &SliceAttributes::end);
  }
};

struct PadAttributes {
  int axis = 0;
  std::int64_t before = 0;
  std::int64_t after = 0;
  bool operator==(const PadAttributes&) const = default;
  static void fields(auto&& field) {
    field("axis", &PadAttributes::axis);
    field("before", &PadAttributes::before);
    field("after", &PadAttributes::after);
  }
};

struct OneHotAttributes {
  Dim classes = 1;
  bool operator==(const OneHotAttributes&) const = default;
  static void fields(auto&& field) { field("classes", &OneHotAttributes::classes); }
};

extern const OpDefinition<ShapeAttributes> reshape_op;
extern const OpDefinition<TransposeAttributes> transpose_op;
extern const OpDefinition<ShapeAttributes> broadcast_to_op;
extern const OpDefinition<ConcatenateAttributes> concatenate_op;
extern const OpDefinition<SliceAttributes> slice_op;
extern const OpDefinition<PadAttributes> pad_op;
extern const OpDefinition<OneHotAttributes> one_hot_op;

}  // namespace sloy
