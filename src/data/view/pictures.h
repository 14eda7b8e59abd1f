/// Examples as pictures.
#pragma once

#include <sloy/data.h>
#include <sloy/data_view.h>

#include <vector>

#include "data/images/resize.h"
#include "data/view/groups.h"

namespace sloy::data {

/// Whether the features are images, (height, width), (height, width, 1) or (height, width, 3).
bool are_images(const Spec& spec);

/// Those of a group, uint8 (height, width, 1 or 3): of each example options.repeats.
using Pictures = std::vector<Tensor>;

/// The pictures of every group; bytes that are larger than `most` have become as large as that.
/// REQUIRES: are_images.
std::vector<Pictures> read_pictures(const Dataset& dataset, const std::vector<Group>& groups,
                                    const ContactSheetOptions& options, ImageSize most);

}  // namespace sloy::data
