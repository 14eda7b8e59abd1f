/// A profile as people and scripts read it.
#pragma once

#include <sloy/sloy.h>

#include <string>
#include <string_view>
#include <vector>

#include "forecast.h"

namespace sloy::cli {

/// How much of the step the calls explain; tables by kind, by op, by layer and by call, those that
/// take longest first.
std::string profile_text(const Profile& profile, const MachineSpeed& machine);

/// An object a call, and one for the whole ("event": "profile").
std::vector<Config> profile_events(const Profile& profile, const MachineSpeed& machine,
                                   std::string_view workload);

}  // namespace sloy::cli
