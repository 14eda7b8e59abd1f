#include "nn/custom_types.h"

#include <fmt/format.h>

namespace sloy {
namespace {

const CustomTypes none;
thread_local const CustomTypes* in_use = &none;

}  // namespace

CustomTypesInUse::CustomTypesInUse(const CustomTypes& types) : outer_(in_use) { in_use = &types; }
CustomTypesInUse::~CustomTypesInUse() { in_use = outer_; }
const CustomTypes& CustomTypesInUse::current() { return *in_use; }

std::string custom_types_for(const UnknownType& error) {
  const std::string made = error.kind() == "activation"
                               ? fmt::format("Activation(\"{}\", …)", error.type())
                               : fmt::format("register_{}<{}>()", error.kind(), error.type());
  return fmt::format("give Model::load its CustomTypes: {{.custom = {{.{}{} = {{{}}}}}}}",
                     error.kind(), error.kind() == "loss" ? "es" : "s", made);
}

}  // namespace sloy
