/// Points of the plane, as a picture.
#pragma once

#include <sloy/data.h>
#include <sloy/data_view.h>

namespace sloy::data {

/// Whether the features are two numbers.
bool are_points(const Spec& spec);

/// uint8 (height, width, 3). REQUIRES: are_points, and there are some.
Tensor scatter_plot(const Dataset& dataset, const ContactSheetOptions& options);

}  // namespace sloy::data
