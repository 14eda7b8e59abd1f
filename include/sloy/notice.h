/// Notices: what a person should know though work goes on all the same.
#pragma once

#include <sloy/error.h>
#include <sloy/export.h>

namespace sloy {

/// Of a fit, or of data that are probably not as they were meant: told, never thrown.
class SLOY_EXPORT Notice : public Error {
  using Error::Error;
};

}  // namespace sloy
