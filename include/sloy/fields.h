/// Fields: a struct lists its members once, and recipes, model files, graph text, summaries and the
/// reference all read that one list.
///
///     struct Dense {
///       int units = 0;
///       bool use_bias = true;
///       static void fields(auto&& field) {
///         field("units", &Dense::units);
///         field("use_bias", &Dense::use_bias);
///       }
///     };
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <sloy/config.h>
#include <sloy/tensor.h>

namespace sloy {

namespace detail {
/// Takes any list of fields and does nothing with it.
struct IgnoreFields {
  template <class Struct, class Member>
  void operator()(std::string_view /*name*/, Member Struct::*, auto... /*needed*/) const {}
};
}  // namespace detail

/// What fields() gives as a third argument for a member that files can't leave out, as in
/// `field("units", &Dense::units, Needed{})`: reading the type from a file without it is an
/// error.
struct Needed {};

/// A struct that lists its members: fields(field) calls `field` with the name each has in files and
/// a pointer to it. A template, so that only code that reads the list pays for compiling it.
template <class T>
concept Described = requires {
  T::fields(detail::IgnoreFields{});
};

/// An enum whose names are found as `enum_names(E{})`: an array of strings in the order of values.
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) {
  enum_names(value);
};

namespace detail {
SLOY_EXPORT int enum_from_config(const Config& config, std::span<const std::string_view> names);
/// Throws ConfigError where a key of `config` is not among `names`; says which name is nearest.
SLOY_EXPORT void check_keys(const Config& config, std::span<const std::string_view> names);
/// Throws ConfigError that a key which can't be left out is absent.
[[noreturn]] SLOY_EXPORT void missing_key(const Config& config, std::string_view key);
SLOY_EXPORT std::int64_t integer_in(const Config& config, std::int64_t low, std::int64_t high);
/// Notes in an error which key's value it is about.
SLOY_EXPORT void name_key(ConfigError& error, std::string_view key);
}  // namespace detail

// to_config gives a value as data, from_config reads it back and throws ConfigError on what isn't
// one: for numbers, text, shapes, enums, lists, what may be absent, and every Described struct.

inline Config to_config(bool value) { return value; }
template <std::integral T>
requires(!std::same_as<T, bool>) Config to_config(T value) {
  return static_cast<std::int64_t>(value);
}
inline Config to_config(double value) { return value; }
inline Config to_config(const std::string& value) { return value; }
SLOY_EXPORT Config to_config(const Dim& dim);
SLOY_EXPORT Config to_config(const Shape& shape);
inline Config to_config(DType dtype) { return std::string(to_string(dtype)); }
SLOY_EXPORT Config to_config(const Tensor& tensor);

inline void from_config(const Config& config, bool& value) { value = config.as_bool(); }
template <std::integral T>
requires(!std::same_as<T, bool>) void from_config(const Config& config, T& value) {
  // What does not fit a Config's integer is out of range for all.
  constexpr auto widest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t high = std::cmp_less(std::numeric_limits<T>::max(), widest)
                                    ? static_cast<std::int64_t>(std::numeric_limits<T>::max())
                                    : widest;
  constexpr auto low = std::is_unsigned_v<T> ? std::int64_t{0} : -high - 1;
  value = static_cast<T>(detail::integer_in(config, low, high));
}
inline void from_config(const Config& config, double& value) { value = config.as_number(); }
inline void from_config(const Config& config, float& value) {
  value = static_cast<float>(config.as_number());
}
inline void from_config(const Config& config, std::string& value) { value = config.as_string(); }
SLOY_EXPORT void from_config(const Config& config, Dim& dim);
SLOY_EXPORT void from_config(const Config& config, Shape& shape);
inline void from_config(const Config& config, DType& dtype) {
  dtype = parse_dtype(config.as_string());
}
SLOY_EXPORT void from_config(const Config& config, Tensor& tensor);

/// An enum is its name.
template <NamedEnum T>
Config to_config(T value) {
  return std::string(enum_names(value)[static_cast<std::size_t>(value)]);
}
template <NamedEnum T>
void from_config(const Config& config, T& value) {
  static constexpr auto names = enum_names(T{});
  value = static_cast<T>(detail::enum_from_config(config, names));
}

template <class T>
Config to_config(const std::optional<T>& value);
template <class T>
Config to_config(const std::vector<T>& values);
template <Described T>
Config to_config(const T& value);
template <class T>
void from_config(const Config& config, std::optional<T>& value);
template <class T>
void from_config(const Config& config, std::vector<T>& values);
template <Described T>
void from_config(const Config& config, T& value);

/// What can be written to a file and read back: by fields(), or by functions of its own.
template <class T>
concept Configurable = requires(const Config& config, T& value) {
  to_config(value);
  from_config(config, value);
};

namespace detail {
/// Whether files can hold a T. Where not, compiling ends in a sentence that says what they can
/// hold.
template <class T>
constexpr bool check_field() {
  static_assert(
      Configurable<T>,
      "fields() lists a member of a type that files can't hold. They hold bool, integers, "
      "float, double, std::string, Shape, Tensor, enums with enum_names, structs with "
      "fields(), and std::optional and std::vector of these");
  return Configurable<T>;
}
}  // namespace detail

/// What is absent is null.
template <class T>
Config to_config(const std::optional<T>& value) {
  return value ? to_config(*value) : Config{};
}
template <class T>
void from_config(const Config& config, std::optional<T>& value) {
  if (config.is_null()) return value.reset();
  T read{};
  from_config(config, read);
  value = std::move(read);
}

template <class T>
Config to_config(const std::vector<T>& values) {
  Config::List list;
  list.reserve(values.size());
  for (const auto& value : values) list.push_back(to_config(static_cast<const T&>(value)));
  return list;
}
template <class T>
void from_config(const Config& config, std::vector<T>& values) {
  values.clear();
  for (const Config& item : config.as_list()) {
    T read{};
    from_config(item, read);
    values.push_back(std::move(read));
  }
}

/// A map of its fields, in their order.
template <Described T>
Config to_config(const T& value) {
  Config::Map map;
  T::fields(
      [&]<class Struct, class Member>(std::string_view name, Member Struct::*member, auto...) {
        if constexpr (detail::check_field<Member>()) {
          map.emplace_back(std::string(name), to_config(value.*member));
        }
      });
  return map;
}
/// Keys that are absent keep the value they have, but for needed ones: those and unknown keys are
/// an error.
template <Described T>
void from_config(const Config& config, T& value) {
  std::vector<std::string_view> names;
  T::fields([&](std::string_view name, auto...) { names.push_back(name); });
  detail::check_keys(config, names);
  T::fields([&]<class Struct, class Member, class... Need>(std::string_view name,
                                                           Member Struct::*member, Need...) {
    if constexpr (detail::check_field<Member>()) {
      const Config* found = config.find(name);
      if (!found) {
        if constexpr (sizeof...(Need) > 0) detail::missing_key(config, name);
        return;
      }
      try {
        from_config(*found, value.*member);
      } catch (ConfigError& error) {
        detail::name_key(error, name);
        throw;
      }
    }
  });
}

}  // namespace sloy
