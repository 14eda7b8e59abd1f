/// Augmentations in recipes, those of the user's own among them.
#include <sloy/augmentation.h>

#include "nn/custom_types.h"

namespace sloy::data {

void from_config(const Config& config, std::vector<Augmentation>& augmentations) {
  augmentations.clear();
  for (const Config& item : config.as_list()) {
    augmentations.push_back(
        augmentation_from_config(item, CustomTypesInUse::current().augmentations));
  }
}

}  // namespace sloy::data
