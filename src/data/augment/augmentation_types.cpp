/// The table of augmentations that files may name.
#include <sloy/augmentations.h>

#include <array>

namespace sloy::data {

std::span<const TypeEntry<Augmentation>> augmentation_types() {
  static constexpr std::array table{
      // Places of pixels.
      type_entry<Augmentation, RandomFlip>(), type_entry<Augmentation, RandomCrop>(),
      type_entry<Augmentation, RandomResizedCrop>(), type_entry<Augmentation, RandomTranslation>(),
      type_entry<Augmentation, RandomRotation>(), type_entry<Augmentation, RandomZoom>(),
      type_entry<Augmentation, RandomShear>(),
      // Brightness and colours.
      type_entry<Augmentation, RandomBrightness>(), type_entry<Augmentation, RandomContrast>(),
      type_entry<Augmentation, RandomSaturation>(), type_entry<Augmentation, RandomHue>(),
      type_entry<Augmentation, RandomColorJitter>(),
      type_entry<Augmentation, RandomColorDegeneration>(),
      type_entry<Augmentation, RandomGrayscale>(), type_entry<Augmentation, RandomInvert>(),
      type_entry<Augmentation, RandomPosterization>(), type_entry<Augmentation, Solarization>(),
      type_entry<Augmentation, AutoContrast>(), type_entry<Augmentation, Equalization>(),
      // Neighbourhoods.
      type_entry<Augmentation, RandomSharpness>(), type_entry<Augmentation, RandomGaussianBlur>(),
      // Parts lost, noise.
      type_entry<Augmentation, RandomGaussianNoise>(), type_entry<Augmentation, RandomErasing>(),
      type_entry<Augmentation, RandomCutout>(),
      // Other examples.
      type_entry<Augmentation, MixUp>(), type_entry<Augmentation, CutMix>(),
      // Several of these.
      type_entry<Augmentation, RandAugment>()};
  return table;
}

Config to_config(const Augmentation& augmentation) {
  return sloy::detail::described_config(augmentation.held_->type(), augmentation.held_->fields());
}

Augmentation augmentation_from_config(const Config& config,
                                      std::span<const TypeEntry<Augmentation>> custom) {
  return make_described<Augmentation>(config, "augmentation", {augmentation_types(), custom});
}

}  // namespace sloy::data
