/// The user's own types while a file that may name them is read.
#pragma once

#include <sloy/layer.h>

#include <string>

#include "nn/unknown_type.h"

namespace sloy {

/// Activations and initializers are fields within layers, and a field's from_config has no way to
/// be given more than its config. So the types hold for this thread while this lives.
class CustomTypesInUse {
 public:
  explicit CustomTypesInUse(const CustomTypes& types);
  ~CustomTypesInUse();
  CustomTypesInUse(const CustomTypesInUse&) = delete;
  CustomTypesInUse& operator=(const CustomTypesInUse&) = delete;

  /// Those of the innermost that lives, or none.
  static const CustomTypes& current();

 private:
  const CustomTypes* outer_;
};

/// The fix of an error about a model's file that names a type of the user's own: what C++ is to
/// give Model::load, as "{.custom = {.layers = {register_layer<Scale>()}}}".
std::string custom_types_for(const UnknownType& error);

}  // namespace sloy
