/// Examples to be shown, class by class.
#pragma once

#include <sloy/data.h>

#include <string>
#include <vector>

namespace sloy::data {

struct Group {
  std::string name;  ///< of the class; empty where there are none
  std::int64_t size = 0;
  std::vector<std::int64_t> shown;  ///< some of its examples, spread evenly
};

/// The classes that have examples, each with `count` of these at most; where there are no classes,
/// one group of all.
std::vector<Group> groups_of(const Dataset& dataset, std::int64_t count);

/// `count` of so many numbers, spread evenly over them: all where there are fewer.
std::vector<std::int64_t> spread(std::int64_t all, std::int64_t count);

}  // namespace sloy::data
