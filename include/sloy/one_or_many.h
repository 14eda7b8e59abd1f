/// OneOrMany: an argument that is one value or a list of them.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include <sloy/fields.h>

namespace sloy {

/// One value, or several: an axis or a list of them, a number for all classes or one for each. In
/// C++ `.axis = -1` or `.axis = {1, 2}`; in files a value or a list.
template <class T>
class OneOrMany {
 public:
  OneOrMany() = default;
  OneOrMany(T one) : values_{std::move(one)} {}  // NOLINT: -1 is an axis
  OneOrMany(std::initializer_list<T> many) : values_(many) {}
  explicit OneOrMany(std::vector<T> many) : values_(std::move(many)) {}

  const std::vector<T>& values() const& { return values_; }
  std::vector<T> values() const&& { return values_; }
  bool operator==(const OneOrMany&) const = default;

 private:
  std::vector<T> values_;
};

template <class T>
Config to_config(const OneOrMany<T>& given) {
  return given.values().size() == 1 ? to_config(given.values().front()) : to_config(given.values());
}
template <class T>
void from_config(const Config& config, OneOrMany<T>& given) {
  if (config.is_list()) {
    std::vector<T> many;
    from_config(config, many);
    given = OneOrMany<T>(std::move(many));
  } else {
    T one{};
    from_config(config, one);
    given = OneOrMany<T>(std::move(one));
  }
}

}  // namespace sloy
