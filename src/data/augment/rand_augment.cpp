#include <algorithm>
#include <cmath>
#include <vector>

#include "base/arguments.h"
#include "data/augment/values.h"
#include "data/augment/warp.h"

namespace sloy::data {
namespace {

constexpr int num_changes = 11;

void apply_one(const RandAugment& all, std::int64_t number, const ImageIn<std::uint8_t>& in,
               const ImageOut<std::uint8_t>& out, Random& random) {
  const Factor& factor = all.factor;
  const Interpolation interpolation = all.interpolation;
  switch (number) {
    case 0:
      return RandomShear{.x_factor = factor, .y_factor = factor, .interpolation = interpolation}
          .apply(in, out, random);
    case 1:
      return RandomTranslation{
          .height_factor = factor, .width_factor = factor, .interpolation = interpolation}
          .apply(in, out, random);
    case 2:
      return RandomRotation{.factor = factor, .interpolation = interpolation}.apply(in, out,
                                                                                    random);
    case 3: return RandomBrightness{factor}.apply(in, out, random);
    case 4: return RandomColorDegeneration{factor}.apply(in, out, random);
    case 5: return RandomContrast{factor}.apply(in, out, random);
    case 6: return RandomSharpness{factor}.apply(in, out, random);
    case 7:
      return Solarization{.addition_factor = factor, .threshold_factor = factor}.apply(in, out,
                                                                                       random);
    case 8:
      return RandomPosterization{std::max(1.0, std::floor(8 * factor.high()))}.apply(in, out,
                                                                                     random);
    case 9: return AutoContrast{}.apply(in, out, random);
    default: return Equalization{}.apply(in, out, random);
  }
}

}  // namespace

ImageShape RandAugment::output_shape(const ImageShape& shape) const {
  require_positive("num_ops", num_ops);
  check("factor", factor, 0, 1);
  require_number(factor.high() > 0, "factor", factor.high(), "above 0");
  check(Lookup{.interpolation = interpolation});
  return shape;
}

void RandAugment::apply(const ImageIn<std::uint8_t>& in, const ImageOut<std::uint8_t>& out,
                        Random& random) const {
  thread_local std::vector<std::uint8_t> between;
  between.resize(static_cast<std::size_t>(in.size()));
  const ImageOut<std::uint8_t> kept{between.data(), in.height, in.width, in.channels};
  copy(in, out);
  for (int i = 0; i < num_ops; ++i) {
    copy<std::uint8_t>({out.pixels, out.height, out.width, out.channels}, kept);
    apply_one(*this, random.integer(num_changes),
              {kept.pixels, kept.height, kept.width, kept.channels}, out, random);
  }
}

}  // namespace sloy::data
