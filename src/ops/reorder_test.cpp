#include "ops/reorder.h"

#include "harness/op_cases.h"

namespace sloy {
namespace {

using Layouts = std::vector<Layout>;

/// Forms of images: plain, channels outermost (as small numbers of channels go into a convolution),
/// and channels in blocks of both widths.
Layouts of_images(int rank) {
  Layouts layouts{{}, channels_blocked(rank, 8), channels_blocked(rank, 16)};
  layouts.push_back({.order = channels_blocked(rank, 1).order});
  return layouts;
}

/// Forms of kernels (height, width, channels, filters): both, either and none in blocks.
const Layouts of_kernels{{},
                         {.order = {3, 2, 0, 1}},
                         {.order = {3, 2, 0, 1}, .blocks = {{2, 16}, {3, 16}}},
                         {.order = {3, 2, 0, 1}, .blocks = {{3, 16}, {2, 16}}},
                         {.order = {3, 2, 0, 1}, .blocks = {{2, 8}, {3, 8}}},
                         {.order = {2, 3, 0, 1}, .blocks = {{3, 8}, {2, 8}}},
                         {.order = {3, 0, 1, 2}, .blocks = {{3, 16}}}};

const Layouts of_matrices{{},
                          {.order = {1, 0}},
                          {.order = {1, 0}, .blocks = {{1, 16}}},
                          {.order = {1, 0}, .blocks = {{0, 16}, {1, 64}}},
                          {.order = {1, 0}, .blocks = {{0, 4}, {1, 8}, {0, 4}}}};

void add_every_pair(std::vector<Row>& rows, const Shape& shape, const Layouts& layouts,
                    DType dtype = DType::float32) {
  for (const Layout& from : layouts) {
    for (const Layout& to : layouts) {
      rows.push_back({.shapes = {shape},
                      .dtypes = {dtype},
                      .attributes = ReorderAttributes{from, to},
                      .below = 256});
    }
  }
}

/// Every form as it is and as bfloat16, to itself and to every other.
Layouts with_bfloat16(Layouts layouts) {
  for (std::size_t i = 0, count = layouts.size(); i < count; ++i) {
    layouts.push_back(layouts[i].stored(true));
  }
  return layouts;
}

Row refused(Layout from, Layout to, const std::string& sentence) {
  return {.shapes = {{2, 3}},
          .attributes = ReorderAttributes{std::move(from), std::move(to)},
          .error = "reorder: " + sentence};
}

}  // namespace

template <>
OpCases cases<reorder_op>() {
  std::vector<Row> rows{
      {.values = {{1, 2, 3}}, .expect = {{1, 2, 3}}},
      {.shapes = {{}}},
      {.shapes = {{1}}},
      {.shapes = {{0, 3}}, .attributes = ReorderAttributes{{}, {.order = {1, 0}}}},
      {.shapes = {{batch, 5}}, .attributes = ReorderAttributes{{}, {.order = {1, 0}}}},
      {.shapes = {{2, 3}, {2, 3}}, .error = "reorder: takes 1 operands, not 2"},
      {.error = "reorder: takes 1 operands, not 0"},
      refused({.order = {0}}, {}, "`from` is no form of 2 dimensions"),
      refused({}, {.order = {1, 1}}, "`to` is no form of 2 dimensions"),
      refused({}, {.order = {0, 2}}, "`to` is no form of 2 dimensions"),
      refused({.blocks = {{2, 16}}}, {}, "`from` is no form of 2 dimensions"),
      refused({}, {.blocks = {{1, 0}}}, "`to` is no form of 2 dimensions"),
  };
  for (std::int64_t channels : {1, 15, 16, 17, 33}) {
    add_every_pair(rows, {1, 3, 2, channels}, of_images(4));
  }
  add_every_pair(rows, {batch, 8, 8, 64}, of_images(4));
  add_every_pair(rows, {1, 14, 14, 128}, of_images(4));
  add_every_pair(rows, {2, 9, 20}, of_images(3));
  add_every_pair(rows, {1, 2, 3, 4, 24}, of_images(5));
  add_every_pair(rows, {2, 3, 2, 32}, with_bfloat16(of_images(4)));
  add_every_pair(rows, {3, 3, 16, 32}, with_bfloat16(of_kernels));
  add_every_pair(rows, {64, 128}, with_bfloat16({{}, {.order = {1, 0}}}));
  // The places that won a max pooling, and pixels.
  add_every_pair(rows, {2, 4, 4, 32}, of_images(4), DType::int32);
  add_every_pair(rows, {2, 4, 4, 20}, of_images(4), DType::int32);
  add_every_pair(rows, {2, 5, 5, 3}, of_images(4), DType::uint8);
  add_every_pair(rows, {3, 3, 16, 32}, of_kernels);
  add_every_pair(rows, {3, 3, 3, 17}, of_kernels);
  add_every_pair(rows, {1, 1, 33, 1}, of_kernels);
  add_every_pair(rows, {64, 128}, of_matrices);
  add_every_pair(rows, {15, 10}, of_matrices);
  add_every_pair(rows, {1, 17}, of_matrices);
  return {reorder_op, std::move(rows), {.accuracy = Accuracy::exact}};
}

}  // namespace sloy
