/// What the library has nothing for, as docs/design/mission.md asks for none of it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sloy::from_onnx {

/// Thrown where a model asks for what is out of scope: an operator by its name, a form of one
/// ("Slice: steps other than 1"), an element type.
struct OutOfScope {
  std::string what;
};

/// All that may be thrown, with the reason.
struct Scope {
  std::string_view reason;
  std::span<const std::string_view> names;
};
std::span<const Scope> out_of_scope();

/// The reason why a name (OutOfScope::what) is out of scope, or nothing where it isn't listed.
std::optional<std::string_view> reason_for(std::string_view what);

}  // namespace sloy::from_onnx
