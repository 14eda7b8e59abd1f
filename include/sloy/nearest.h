/// The name a user probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <sloy/export.h>

namespace sloy {

/// The known name of what Keras or PyTorch calls so ("mse" is MeanSquaredError), or else the one
/// that differs from `name` by the fewest single-letter insertions, deletions, substitutions and
/// swaps of neighbours, letter case aside. Where none is close enough to be a slip, one of which
/// `name` is a part, or that is a part of it ("Conv" for "Conv2D"). The first of equals; empty
/// where there is none.
SLOY_EXPORT std::string_view nearest(std::string_view name,
                                     std::span<const std::string_view> known);

/// The fix of an error about an unknown name: "did you mean 'epochs'?", or `otherwise` where no
/// known name is near.
SLOY_EXPORT std::string did_you_mean(std::string_view name, std::span<const std::string_view> known,
                                     std::string_view otherwise = {});

}  // namespace sloy
