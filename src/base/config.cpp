#include <fmt/format.h>
#include <sloy/config.h>

#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace sloy {
namespace {

/// Another value where this one stands: on a command line with the quotes that keep it from the
/// shell.
std::string written(const Config& config, const std::string& value) {
  const std::string& where = config.where();
  const std::size_t equals = where.find('=');
  constexpr std::string_view option = "--set ";
  if (!where.starts_with(option) || equals == where.npos) return value;
  return fmt::format("{}'{}={}'", option, where.substr(option.size(), equals - option.size()),
                     value);
}

}  // namespace

Config::Config() = default;
Config::Config(bool value) : value_(value) {}
Config::Config(std::int64_t value) : value_(value) {}
Config::Config(int value) : value_(std::int64_t{value}) {}
// A not-a-number's sign says nothing, so none is kept to be shown.
Config::Config(double value) : value_(std::isnan(value) ? NAN : value) {}
Config::Config(std::string value) : value_(std::move(value)) {}
Config::Config(const char* value) : value_(std::string(value)) {}
Config::Config(List value) : value_(std::move(value)) {}
Config::Config(Map value) : value_(std::move(value)) {}
Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(const Config&) = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

void Config::wrong_kind(std::string_view needed) const {
  throw config_error(*this, fmt::format("{} is needed here, not {}", needed, describe()));
}

bool Config::operator==(const Config& other) const { return value_ == other.value_; }

bool Config::as_bool() const {
  if (!is_bool()) wrong_kind("true or false");
  return std::get<bool>(value_);
}

std::int64_t Config::as_integer() const {
  if (const double* number = std::get_if<double>(&value_)) {
    constexpr double exact = 9007199254740992;  // 2^53: whole numbers below are what was written
    if (*number == std::floor(*number) && std::abs(*number) < exact) {
      const auto whole = static_cast<std::int64_t>(*number);
      throw config_error(*this,
                         "a whole number is needed here, not one with a point or an exponent",
                         fmt::format("write {}", whole));
    }
  }
  if (!is_integer()) wrong_kind("a whole number");
  return std::get<std::int64_t>(value_);
}

double Config::as_number() const {
  if (is_integer()) return static_cast<double>(std::get<std::int64_t>(value_));
  if (const double* number = std::get_if<double>(&value_)) return *number;
  // JSON has no other way to write these.
  if (is_string()) {
    const std::string& text = as_string();
    if (text == "inf") return std::numeric_limits<double>::infinity();
    if (text == "-inf") return -std::numeric_limits<double>::infinity();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  }
  wrong_kind("a number");
}

const std::string& Config::as_string() const& {
  if (is_number() || is_bool()) {
    throw config_error(
        *this, fmt::format("text is needed here, not {}", describe()),
        "put it in quotes: " + written(*this, fmt::format("\"{}\"", to_json(*this))));
  }
  if (!is_string()) wrong_kind("text");
  return std::get<std::string>(value_);
}

const Config::List& Config::as_list() const& {
  if (is_string()) {
    throw config_error(
        *this, fmt::format("a list is needed here, not {}", describe()),
        "put it in brackets: " + written(*this, fmt::format("[{}]", to_json(*this))));
  }
  if (!is_list()) wrong_kind("a list");
  return std::get<List>(value_);
}

const Config::Map& Config::as_map() const& {
  if (!is_map()) wrong_kind("a map");
  return std::get<Map>(value_);
}

Config::List& Config::as_list() & { return const_cast<List&>(std::as_const(*this).as_list()); }

Config::Map& Config::as_map() & {
  if (!is_map()) wrong_kind("a map");
  return std::get<Map>(value_);
}

std::string Config::as_string() && {
  static_cast<void>(std::as_const(*this).as_string());  // throws where it is none
  return std::get<std::string>(std::move(value_));
}
// In these *this is an lvalue: they call the overloads above.
Config::List Config::as_list() && { return std::move(as_list()); }
Config::Map Config::as_map() && { return std::move(as_map()); }

const Config* Config::find(std::string_view key) const& {
  for (const auto& [name, value] : as_map()) {
    if (name == key) return &value;
  }
  return nullptr;
}

Config& Config::operator[](std::string_view key) & {
  if (is_null()) value_ = Map{};
  for (auto& [name, value] : as_map()) {
    if (name == key) return value;
  }
  return as_map().emplace_back(std::string(key), Config{}).second;
}

const Config& Config::at(std::string_view key) const& {
  if (const Config* found = find(key)) return *found;
  throw config_error(*this, fmt::format("the key '{}' is missing", key));
}

Config Config::at(std::string_view key) && {
  static_cast<void>(at(key));  // throws where it is missing
  return std::move((*this)[key]);
}

std::string Config::describe() const {
  struct Describe {
    std::string operator()(std::monostate) const { return "nothing"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return fmt::format("the number {}", value); }
    std::string operator()(double value) const { return fmt::format("the number {}", value); }
    std::string operator()(const std::string& value) const {
      constexpr std::size_t longest = 60;
      if (value.size() <= longest) return fmt::format("the text \"{}\"", value);
      return fmt::format("a text of {} characters", value.size());
    }
    std::string operator()(const List& value) const {
      return fmt::format("a list of {}", value.size());
    }
    std::string operator()(const Map&) const { return "a map"; }
  };
  return std::visit(Describe{}, value_);
}

ConfigError config_error(const Config& config, std::string what, std::string fix) {
  std::vector<Note> notes;
  if (!config.where().empty()) notes.push_back({"where", config.where()});
  return ConfigError(std::move(what), std::move(notes), std::move(fix));
}

}  // namespace sloy
