/// What errors say, for tests that hold the whole text.
#pragma once

#include <sloy/error.h>

#include <string>

namespace sloy::harness {

/// The text of the error that `action` throws.
template <class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace sloy::harness
