/// The error of a file that names a type this program doesn't know.
#pragma once

#include <sloy/error.h>

#include <string>

namespace sloy {

/// In a recipe it is a slip of the pen; in a model's file a type of the user's own.
class UnknownType : public ConfigError {
 public:
  UnknownType(ConfigError error, std::string kind, std::string type)
      : ConfigError(std::move(error)), kind_(std::move(kind)), type_(std::move(type)) {}

  const std::string& kind() const { return kind_; }  ///< "layer"
  const std::string& type() const { return type_; }

 private:
  std::string kind_;
  std::string type_;
};

}  // namespace sloy
