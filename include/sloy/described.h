/// Types with a name and fields: what layers, initializers, losses, optimisers … have in common. A
/// handle (Layer, Loss, …) holds any of them; files name the type and list the fields:
///
///     [train]
///     loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

#include <sloy/fields.h>

namespace sloy {

/// The name files have for a type: its own without namespaces ("Dense"), or what it gives as
/// T::type_name.
template <class T>
constexpr std::string_view type_name() {
  if constexpr (requires { std::string_view(T::type_name); }) return T::type_name;
  // "constexpr std::string_view sloy::type_name() [with T = sloy::Dense; std::string_view = …]",
  // clang: "std::string_view sloy::type_name() [T = sloy::Dense]".
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);  // npos + 1 is 0
}

namespace detail {

/// Whether T has a member function `call`, whatever it takes: what makes it look like a layer, loss
/// or metric, so that a wrong signature can be told in a sentence.
template <class T>
concept HasCall = std::is_class_v<T> && requires {
  &T::call;
};

/// Throws ConfigError: a file would lose what the members of such a value are.
[[noreturn]] SLOY_EXPORT void refuse_to_lose_members(std::string_view type);

/// What every handle can say of the value it holds.
struct SLOY_EXPORT DescribedBase {
  virtual ~DescribedBase() = default;
  virtual std::string_view type() const = 0;
  /// Throws ConfigError where the value has members but no fields().
  virtual Config fields() const = 0;
  virtual const std::type_info& type_info() const = 0;
  virtual const void* address() const = 0;
};

/// The part of a handle's content that doesn't depend on what the handle does.
template <class T, class Interface>
struct DescribedHolder : Interface {
  T value;
  explicit DescribedHolder(T given) : value(std::move(given)) {}
  std::string_view type() const override { return type_name<T>(); }
  Config fields() const override {
    if constexpr (requires { to_config(value); }) {
      return to_config(value);
    } else if constexpr (std::is_empty_v<T>) {
      return Config::Map{};
    } else {
      refuse_to_lose_members(type());
    }
  }
  const std::type_info& type_info() const override { return typeid(T); }
  const void* address() const override { return &value; }
};

/// { type = …, fields… }, or the type's name alone where `fields` is empty.
SLOY_EXPORT Config described_config(std::string_view type, Config fields);
/// The type's name in text or in a map's `type`. Throws ConfigError where neither is there.
SLOY_EXPORT const std::string& type_in(const Config& config);
/// The map without `type`.
SLOY_EXPORT Config fields_in(const Config& config);
/// Those under `shared` that a type hasn't itself. Throws ConfigError on a key that is neither
/// among `shared` nor among the type's own fields, naming the nearest of both.
SLOY_EXPORT Config take_shared(Config& config, const Config& own,
                               std::span<const std::string_view> shared);
/// The fields that a file can have for it; none where it can't tell the members.
template <class Handle>
Config fields_of(const Handle& handle) {
  try {
    return fields_in(to_config(handle));
  } catch (const ConfigError&) {
    return Config::Map{};
  }
}
/// Throws ConfigError that there is no such type of `kind` ("layer"), naming the nearest.
[[noreturn]] SLOY_EXPORT void unknown_type(const Config& config, std::string_view kind,
                                           std::span<const std::string_view> known);
/// Throws ConfigError that a type of the user's own has the name of another.
[[noreturn]] SLOY_EXPORT void refuse_taken_name(std::string_view type, std::string_view kind);

}  // namespace detail

/// A type that files may name: one row of the table of its kind.
template <class Handle>
struct TypeEntry {
  std::string_view name;
  Handle (*make)(const Config& fields);
  Handle (*make_default)() = nullptr;    ///< also where files have to give more
  const std::type_info* type = nullptr;  ///< what it makes
};

/// The row for T, under its own name or another.
template <class Handle, class T>
constexpr TypeEntry<Handle> type_entry(std::string_view name = type_name<T>()) {
  return {name,
          [](const Config& fields) -> Handle {
            T value{};
            if constexpr (Configurable<T>) {
              from_config(fields, value);
            } else {
              detail::check_keys(fields, {});
            }
            return Handle(std::move(value));
          },
          []() -> Handle { return Handle(T{}); }, &typeid(T)};
}

/// The one of `tables` that has the type `config` names. Throws ConfigError where none has, or two
/// have; `kind` says what it should have been: "layer".
template <class Handle>
const TypeEntry<Handle>& find_described(
    const Config& config, std::string_view kind,
    std::initializer_list<std::span<const TypeEntry<Handle>>> tables) {
  const std::string& type = detail::type_in(config);
  const TypeEntry<Handle>* found = nullptr;
  std::vector<std::string_view> known;
  for (const auto& table : tables) {
    for (const TypeEntry<Handle>& entry : table) {
      known.push_back(entry.name);
      if (entry.name != type) continue;
      if (found) detail::refuse_taken_name(type, kind);
      found = &entry;
    }
  }
  if (!found) detail::unknown_type(config, kind, known);
  return *found;
}

/// Makes what `config` describes. Throws what find_described throws, and ConfigError on its fields.
template <class Handle>
Handle make_described(const Config& config, std::string_view kind,
                      std::initializer_list<std::span<const TypeEntry<Handle>>> tables) {
  return find_described(config, kind, tables).make(detail::fields_in(config));
}

/// Likewise, and reads what all types of its kind share: those keys stand beside the type's own,
/// and one that both have is the type's.
template <class Handle, Described Options>
Handle make_with_options(Config config, std::string_view kind,
                         std::initializer_list<std::span<const TypeEntry<Handle>>> tables,
                         Options& options) {
  const TypeEntry<Handle>& entry = find_described(config, kind, tables);
  std::vector<std::string_view> shared;
  Options::fields([&](std::string_view key, auto...) { shared.push_back(key); });
  const Config own = detail::fields_of(entry.make_default());
  from_config(detail::take_shared(config, own, shared), options);
  return entry.make(detail::fields_in(config));
}

/// Throws ConfigError where a type of the user's own has the name of a built-in one: a file could
/// not tell them apart.
template <class Handle>
void check_own_name(std::string_view name, const std::type_info& type, std::string_view kind,
                    std::span<const TypeEntry<Handle>> built_in) {
  for (const TypeEntry<Handle>& entry : built_in) {
    if (entry.name == name && *entry.type != type) detail::refuse_taken_name(name, kind);
  }
}

}  // namespace sloy
