// Images in other sizes and in grey, against Pillow's: the same bytes.

#include <gtest/gtest.h>
#include <sloy/io.h>

#include "data/images/resize.h"
#include "harness/golden.h"

namespace sloy {
namespace {

using harness::Golden;

Tensor bytes_of(const Golden& golden, const Golden::Case& of, std::string_view tensor) {
  return golden.tensor(of, tensor).cast(DType::uint8);
}

data::Box box_of(const Golden::Case& of) {
  const Config::List& box = of.attributes.at("box").as_list();
  return {.top = box[1].as_number(),
          .left = box[0].as_number(),
          .bottom = box[3].as_number(),
          .right = box[2].as_number()};
}

TEST(GoldenImages, OfAnotherSizeArePillows) {
  const Golden golden("images");
  int cases = 0;
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "resize") continue;
    const Tensor pixels = bytes_of(golden, of, "pixels");
    const Tensor expected = bytes_of(golden, of, "result");
    Tensor result(DType::uint8, expected.shape());
    data::Interpolation interpolation{};
    from_config(of.attributes.at("interpolation"), interpolation);
    data::resize(data::image_of(pixels), box_of(of), interpolation, data::mutable_image_of(result));
    EXPECT_EQ(result, expected) << of.name;
    ++cases;
  }
  EXPECT_EQ(cases, 27);
}

TEST(GoldenImages, InGreyArePillows) {
  const Golden golden("images");
  const Golden::Case& of = golden.find("grey");
  const Tensor pixels = bytes_of(golden, of, "pixels");
  const data::ImageForm form{.height = static_cast<int>(pixels.shape().size(0)),
                             .width = static_cast<int>(pixels.shape().size(1)),
                             .color_mode = data::ColorMode::grayscale};
  EXPECT_EQ(to_form(pixels, form), bytes_of(golden, of, "result"));
}

}  // namespace
}  // namespace sloy
