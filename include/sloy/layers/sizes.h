/// Sizes of windows and margins of data: one number, or one for each direction.
#pragma once

#include <array>
#include <concepts>
#include <initializer_list>
#include <span>
#include <string_view>

#include <sloy/config.h>
#include <sloy/export.h>
#include <sloy/ops.h>

namespace sloy {

namespace detail {
SLOY_EXPORT Config sizes_to_config(std::span<const int> sizes);
SLOY_EXPORT void sizes_from_config(const Config& config, std::span<int> sizes);
SLOY_EXPORT Config margins_to_config(std::span<const Ends> margins);
SLOY_EXPORT void margins_from_config(const Config& config, std::span<Ends> margins);
/// Throws ConfigError where there are not `needed`.
SLOY_EXPORT void check_margins(std::size_t given, int needed);

/// The name of a layer of N directions.
template <int N>
consteval std::string_view name_by_directions(std::string_view one, std::string_view two,
                                              std::string_view three = {}) {
  return std::array{one, two, three}[N - 1];
}
}  // namespace detail

/// One number for all N directions, or one for each in the order of the data's dimensions: 3 or
/// {3, 5}. In files a number or a list.
template <int N>
class Sizes {
 public:
  /// Not given.
  constexpr Sizes() = default;
  constexpr Sizes(int all) : given_(true) { numbers_.fill(all); }  // NOLINT: 3 is sizes
  template <std::convertible_to<int>... Numbers>
  requires(N > 1 && sizeof...(Numbers) == N) constexpr Sizes(Numbers... numbers)
      : numbers_{static_cast<int>(numbers)...}, given_(true) {}

  constexpr bool is_given() const { return given_; }
  constexpr std::array<int, N> numbers() const { return numbers_; }
  constexpr int operator[](int direction) const {
    return numbers_[static_cast<std::size_t>(direction)];
  }
  constexpr bool operator==(const Sizes&) const = default;

  friend Config to_config(const Sizes& sizes) {
    return sizes.given_ ? detail::sizes_to_config(sizes.numbers_) : Config{};
  }
  friend void from_config(const Config& config, Sizes& sizes) {
    sizes = {};
    if (config.is_null()) return;
    detail::sizes_from_config(config, sizes.numbers_);
    sizes.given_ = true;
  }

 private:
  std::array<int, N> numbers_ = {};
  bool given_ = false;
};

/// Cells at the ends of N directions: 1 at every end; of sequences {1, 2} before and after; else
/// {1, 2} at both ends of each, or {{1, 2}, {0, 1}} before and after along each. In files a number,
/// [1, 2] or [[1, 2], [0, 1]].
template <int N>
class Margins {
 public:
  constexpr Margins(int all) { ends_.fill({all, all}); }  // NOLINT: 1 is margins
  constexpr Margins(int before, int after) requires(N == 1) : ends_{Ends{before, after}} {}
  template <std::convertible_to<int>... Numbers>
  requires(N > 1 && sizeof...(Numbers) == N) constexpr Margins(Numbers... numbers)
      : ends_{Ends{static_cast<int>(numbers), static_cast<int>(numbers)}...} {}
  /// Throws ConfigError where there are not N.
  Margins(std::initializer_list<Ends> directions) {
    detail::check_margins(directions.size(), N);
    for (std::size_t i = 0; i < N; ++i) ends_[i] = directions.begin()[i];
  }

  constexpr std::array<Ends, N> ends() const { return ends_; }
  constexpr bool operator==(const Margins&) const = default;

  friend Config to_config(const Margins& margins) {
    return detail::margins_to_config(margins.ends_);
  }
  friend void from_config(const Config& config, Margins& margins) {
    detail::margins_from_config(config, margins.ends_);
  }

 private:
  std::array<Ends, N> ends_ = {};
};

}  // namespace sloy
