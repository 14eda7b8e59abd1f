/// What the parts of one set have in common.
#pragma once

#include <sloy/data.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sloy::data {

/// The same parts with as many classes: in one of them a class may have no example. Throws
/// DataError where the examples of one are of another kind than those of the training data.
Parts alike(Parts parts);
/// Likewise for what is known of them before they are read.
Header alike(Header train, const Header& other, std::string_view part);

/// Throws ConfigError where test_split is no share.
void check_test_split(double fraction);

/// With a share of the training data as test data, where the set has none: of every class the same
/// share, where there are classes. Which examples is always the same. Throws ConfigError where the
/// set has test data already.
Parts with_test_split(Parts parts, double fraction);

/// Says so where labels probably count from 1: where no example to learn from is of class 0.
void tell_unused_first_class(Parts& parts);

/// So many different whole numbers may be classes; more are numbers.
inline constexpr std::size_t most_probable_classes = 20;
/// Whether targets of so many different whole numbers may be classes rather than numbers.
bool may_be_classes(std::size_t different, std::int64_t examples);

/// Says so where images are probably (channels, height, width).
void tell_channels_first(Parts& parts);

/// The same examples, named by their file and their number in it from 0: "x_train.npy[57]".
Dataset numbered(const Dataset& rows, std::string file);

}  // namespace sloy::data
