/// Arguments: checks of single options, and what is wrong with a command line.
#pragma once

#include <sloy/sloy.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
class Validator;
}  // namespace CLI

namespace sloy::cli {

/// Checks of an option's value, for CLI::Option::check.
CLI::Validator whole_number(std::int64_t least,
                            std::int64_t most = std::numeric_limits<std::int64_t>::max());
CLI::Validator positive_number();
CLI::Validator not_empty();
/// KEY=VALUE
CLI::Validator assignment(std::string example);
CLI::Validator one_of(std::vector<std::string> choices);

/// What the parser refused, in the form of all errors.
ConfigError usage_error(const CLI::App& app, const CLI::ParseError& error);

/// Whether the data of the command that was chosen are described by options: by no recipe's file.
bool describes_data_by_options(const CLI::App& app, std::span<const char* const> arguments);

}  // namespace sloy::cli
