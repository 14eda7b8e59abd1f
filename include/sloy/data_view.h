/// Seeing data: what numbers they hold, pictures of them, examples that are there twice, before
/// anything learns from them.
///
///     data::Split moons = data::moons().split(0.2, 1);
///     data::NumberSummary x = data::summarize_features(moons.train)[0];   // the first coordinate
///     write_png("moons.png", data::contact_sheet(moons.train));
///     std::int64_t leaked = data::find_duplicates({moons.train, moons.test}).across_parts;
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sloy/data.h>
#include <sloy/export.h>
#include <sloy/tensor.h>

namespace sloy::data {

/// What numbers there are in a column of a table, a channel of images, a place of a target.
struct NumberSummary {
  double mean = 0;                ///< NaN where one of the numbers is NaN
  double standard_deviation = 0;  ///< of the set, as that of Statistics
  double lowest = 0;              ///< of those that are numbers; infinite where there are none
  double highest = 0;             ///< likewise
  std::int64_t not_finite = 0;    ///< how many are infinite or not a number
};

/// Those of the features, one a channel: over all examples and all positions of the dimensions
/// before the last. Reads every example once, with the same result for any number of threads.
/// `part` counts the features. Throws DataError on an empty set.
SLOY_EXPORT std::vector<NumberSummary> summarize_features(const Dataset& dataset,
                                                          std::size_t part = 0);
/// The same of a target.
SLOY_EXPORT std::vector<NumberSummary> summarize_targets(const Dataset& dataset,
                                                         std::size_t part = 0);

/// The class of every example, whichever form of LabelMode its first target has: none where the
/// targets say no class. Labels that the source knows cost no reading.
SLOY_EXPORT std::vector<std::int32_t> class_labels(const Dataset& dataset);

struct ContactSheetOptions {
  std::int64_t examples = 10;  ///< of each class, spread evenly over those that it has
  /// how often each is shown, side by side: in so many passes over the data, as augmentation makes
  /// them differ
  std::int64_t repeats = 1;
  std::int64_t epoch = 0;  ///< the first of these passes
};

/// A picture of the data, uint8 (height, width, 3), of 2,000 pixels a side at most. Of images: a
/// row for each class, with its name and how many examples it has; small ones are magnified by a
/// whole number. Numbers that are no bytes are drawn from 0 (black) to 1, where all shown are
/// within that, else from −1 to 1, from 0 to 255, or from the lowest to the highest. Of points of
/// the plane, features (2): where they lie, 5,000 at most, in colours that can be told apart
/// without seeing red or green. The same data give the same bytes. Throws DataError on an empty set
/// and on features of another kind, ConfigError where nothing is asked for.
SLOY_EXPORT Tensor contact_sheet(const Dataset& dataset, const ContactSheetOptions& options = {});

/// An example of one of several data sets.
struct PartExample {
  std::size_t part = 0;    ///< which of the sets
  std::int64_t index = 0;  ///< its number there
  auto operator<=>(const PartExample&) const = default;
};

/// Two examples of the same features.
struct DuplicatePair {
  PartExample first;              ///< the first one of these features, of all parts
  PartExample second;             ///< a later one
  bool is_across_parts = false;   ///< they are of two parts
  bool is_contradiction = false;  ///< their targets differ
};

/// What find_duplicates found.
struct Duplicates {
  std::int64_t examples = 0;        ///< with the same features as an earlier one, of any part
  std::int64_t across_parts = 0;    ///< of these, those that repeat one of an earlier part: a leak
  std::int64_t contradictions = 0;  ///< of these, those with another target than the first has
  /// The first of each sort, `most_pairs` at most: of contradictions, of leaks, of the rest.
  std::vector<DuplicatePair> pairs;
};

/// Finds examples whose features are the same, byte for byte, within a part and across parts, by
/// XXH3's 128 bits of each. Reads every example once and keeps 32 bytes of it. Throws DataError
/// where the parts' features are of different kinds.
SLOY_EXPORT Duplicates find_duplicates(const std::vector<Dataset>& parts,
                                       std::int64_t most_pairs = 20);

}  // namespace sloy::data
