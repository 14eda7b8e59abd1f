/// PerOutput: what a model's outputs have, one or several.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <sloy/config.h>
#include <sloy/export.h>

namespace sloy {

/// A loss, weight … for a model's only output, or for several: by their position, or by the names
/// of the layers that give them, in any order.
///
///     PerOutput<double> one = 0.5;
///     PerOutput<double> by_position = {1.0, 0.5};
///     PerOutput<double> by_name = {{"digit", 1.0}, {"image", 0.5}};
template <class T>
class PerOutput {
 public:
  struct Entry {
    std::string output = {};  ///< empty: told by position
    T value;

    template <class U>
    requires std::convertible_to<U, T> Entry(U&& one)  // NOLINT: a value is an entry
        : value(std::forward<U>(one)) {}
    Entry(std::string name, T named) : output(std::move(name)), value(std::move(named)) {}
  };

  PerOutput() = default;
  template <class U>
  requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, PerOutput>)
      PerOutput(U&& one) {  // NOLINT: of the only output
    entries_.emplace_back(std::forward<U>(one));
  }
  PerOutput(std::initializer_list<Entry> entries) : entries_(entries) {}
  explicit PerOutput(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const Entry& operator[](std::size_t i) const& { return entries_[i]; }
  Entry operator[](std::size_t i) const&& { return entries_[i]; }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
};

/// In files a number, a list of them by position, or a table by the outputs' names.
SLOY_EXPORT Config to_config(const PerOutput<double>& numbers);
SLOY_EXPORT void from_config(const Config& config, PerOutput<double>& numbers);

}  // namespace sloy
