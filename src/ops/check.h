/// What shape rules have in common: checks, and the words of their errors. A rule names the
/// operand; the op's own name is put before the sentence by Op.
#pragma once

#include <sloy/error.h>
#include <sloy/op.h>

#include <string>
#include <string_view>
#include <vector>

namespace sloy {

/// "the input    (32, 28, 28, 3)   batch, height, width, channels".
Note shape_note(std::string label, const Shape& shape, std::string dims = {});
/// "batch, height, width, channels" for rank 4; likewise for three and five dimensions.
std::string image_dims(int rank);
/// "height, width, channels, filters" for rank 4; likewise for three and five dimensions.
std::string kernel_dims(int rank);
/// The name of a spatial dimension of an image of that rank: "height".
std::string_view spatial_name(int rank, int spatial);

void check_count(Operands operands, int count);
/// An optional last operand, as the bias of a product is, may be there or not.
void check_count(Operands operands, int least, int most);

void check_dtype(Operands operands, int i, std::string_view name, DType needed);
inline void check_float(Operands operands, int i, std::string_view name) {
  check_dtype(operands, i, name, DType::float32);
}
/// float32 or int32, and the same for every operand.
void check_number(Operands operands);

void check_rank(Operands operands, int i, std::string_view name, int rank, std::string_view dims);
/// Refuses a shape along which nothing could be the largest, or the mean.
void check_not_empty(const Shape& shape);

/// The axis counted from the first. Throws where the shape has no such axis.
int check_axis(const Shape& shape, int axis);
/// The axis counted from the first where the shape has it, else as given: for functions that leave
/// the refusal to the op's rule.
int from_first(const Shape& shape, int axis);
/// The axes in ascending order counted from the first; all of them where none is given. Throws on
/// an axis given twice.
std::vector<int> check_axes(const Shape& shape, const std::vector<int>& axes);
/// Throws where the size along `axis` depends on the batch.
void check_fixed(const Shape& shape, int axis);

/// The shape of an element-wise result; the operands' dimensions are matched from the last.
Shape broadcast_shapes(const Shape& a, const Shape& b);

/// A refusal by a function that is no op itself: with its name, and the layer of the graph's path.
ShapeError refusal(Value operand, std::string_view function, const ShapeError& error);

}  // namespace sloy
