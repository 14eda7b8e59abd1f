/// Steps of a plan in few words, for tables.
#pragma once

#include <sloy/program.h>

#include <string>
#include <string_view>

namespace sloy::cli {

/// "forward", "backward", "update".
std::string_view phase_name(Phase phase);
/// "convolution", "convolution dw", "max_pool dx", and of chains their first and last op and how
/// many there are: "subtract … rectify, 4". At most 23 letters.
std::string short_op(const Plan::Step& step);
/// At most so many letters, with … for those of its middle that are left out.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace sloy::cli
