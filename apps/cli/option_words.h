/// What messages of the library are on the command line.
#pragma once

#include <string>
#include <vector>

namespace sloy::cli {

/// The keys of [data], whatever the data are.
std::vector<std::string> data_keys();
/// As a shell takes it for one word.
std::string shell_word(const std::string& text);
/// A message whose "to fix" gives the keys of [data] as options: `image_size = 128` becomes `--set
/// data.image_size=128`.
std::string with_options(std::string message);

}  // namespace sloy::cli
