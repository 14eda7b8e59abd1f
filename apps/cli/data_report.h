/// What `sloy data show` says of a part of the data.
#pragma once

#include <sloy/config.h>
#include <sloy/sloy.h>

#include <string>
#include <utility>
#include <vector>

namespace sloy::cli {

/// Where lines go on under a part's name.
inline constexpr const char* indent = "            ";

/// The event of a part: examples, features, targets, classes, numbers. `missing` is of a table.
Config describe_part(const std::string& part, const data::Dataset& dataset,
                     const std::vector<std::pair<std::string, std::int64_t>>& missing);
/// The same for people.
void print_part(const Config& event);

/// The parts of the data that have examples, by name.
using NamedParts = std::vector<std::pair<std::string, data::Dataset>>;

/// The event of examples that are there twice.
Config describe_duplicates(const NamedParts& parts);
/// The same for people; nothing where there are none.
void print_duplicates(const Config& event);

/// What an example is called: by its file or line, else "train 17".
std::string name_of(const std::string& part, std::int64_t index, const std::string& name);

}  // namespace sloy::cli
