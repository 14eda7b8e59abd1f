/// Config: plain data that recipes (TOML), model files (JSON) and graph text are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <sloy/error.h>
#include <sloy/export.h>

namespace sloy {

/// Nothing, a truth value, a number, text, a list or a map. Maps keep the order of insertion, so
/// that what is written reads as it was given. A Config read from a file remembers where it stood.
class SLOY_EXPORT Config {
 public:
  using List = std::vector<Config>;
  using Map = std::vector<std::pair<std::string, Config>>;

  Config();
  Config(bool value);          // NOLINT: literals are configs
  Config(std::int64_t value);  // NOLINT
  Config(int value);           // NOLINT
  Config(double value);        // NOLINT
  Config(std::string value);   // NOLINT
  Config(const char* value);   // NOLINT
  Config(List value);          // NOLINT
  Config(Map value);           // NOLINT
  // Not inline: every file that includes the library would compile the variant's.
  Config(const Config&);
  Config(Config&&) noexcept;
  Config& operator=(const Config&);
  Config& operator=(Config&&) noexcept;
  ~Config();

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_map() const { return std::holds_alternative<Map>(value_); }

  /// The value in the kind asked for. Throws ConfigError naming what was needed and what was found.
  /// as_number takes whole numbers too, and the texts "inf", "-inf" and "nan". A reference lives as
  /// long as this; a Config that is about to go gives its value away: parse_json(text).as_map().
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_number() const;
  const std::string& as_string() const&;
  const List& as_list() const&;
  const Map& as_map() const&;
  List& as_list() &;
  Map& as_map() &;
  std::string as_string() &&;
  List as_list() &&;
  Map as_map() &&;

  /// The entry of a map, or nullptr. Throws ConfigError where this is no map.
  const Config* find(std::string_view key) const&;
  const Config* find(std::string_view key) const&& = delete;
  /// The entry of a map, added at its end where it is missing. Turns null into an empty map.
  Config& operator[](std::string_view key) &;
  /// The entry of a map. Throws ConfigError where it is missing.
  const Config& at(std::string_view key) const&;
  Config at(std::string_view key) &&;

  /// Where it stood in a file, as "recipe.toml:14"; empty otherwise.
  const std::string& where() const& { return where_; }
  std::string where() && { return std::move(where_); }
  void set_where(std::string where) { where_ = std::move(where); }

  /// "a map", "the number 3", "the text \"same\"": for messages.
  std::string describe() const;

  bool operator==(const Config& other) const;

 private:
  [[noreturn]] void wrong_kind(std::string_view needed) const;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> value_;
  std::string where_;
};

/// A ConfigError about `config`, with its place in the file as a note.
SLOY_EXPORT ConfigError config_error(const Config& config, std::string what, std::string fix = {});

/// JSON on one line; numbers round-trip. Infinities and NaN are written as text: "inf", "nan".
SLOY_EXPORT std::string to_json(const Config& config);
/// Throws ConfigError with line and column on malformed text, a duplicate key or nesting beyond 64.
SLOY_EXPORT Config parse_json(std::string_view text, std::string_view source = "json");
/// Reads TOML; every value remembers `source` and its line. Throws ConfigError likewise.
SLOY_EXPORT Config parse_toml(std::string_view text, std::string_view source = "toml");
/// Throws ConfigError where the outermost value is no map.
SLOY_EXPORT std::string to_toml(const Config& config);

}  // namespace sloy
