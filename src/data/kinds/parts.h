/// What the parts of one set have in common.
#pragma once

#include <sloy/data.h>

namespace sloy::data {

/// The same parts with as many classes: in one of them a class may have no example. Throws
/// DataError where the examples of one are of another kind than those of the training data.
Parts alike(Parts parts);

/// Throws ConfigError where test_split is no share.
void check_test_split(double fraction);

/// With a share of the training data as test data, where the set has none: of every class the same
/// share, where there are classes. Which examples is always the same. Throws ConfigError where the
/// set has test data already.
Parts with_test_split(Parts parts, double fraction);

/// Says so where labels probably count from 1: where no example to learn from is of class 0.
void tell_unused_first_class(Parts& parts);

/// Likewise for what is known of them before they are read.
Header alike(Header train, const Header& other, std::string_view part);

}  // namespace sloy::data
