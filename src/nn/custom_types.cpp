#include "nn/custom_types.h"

namespace sloy {
namespace {

const CustomTypes none;
thread_local const CustomTypes* in_use = &none;

}  // namespace

CustomTypesInUse::CustomTypesInUse(const CustomTypes& types) : outer_(in_use) { in_use = &types; }
CustomTypesInUse::~CustomTypesInUse() { in_use = outer_; }
const CustomTypes& CustomTypesInUse::current() { return *in_use; }

}  // namespace sloy
