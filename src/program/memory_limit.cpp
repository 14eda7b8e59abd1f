#include <fmt/format.h>
#include <sloy/program.h>

#include <array>
#include <charconv>
#include <cmath>

namespace sloy {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array<Unit, 9> units{{{"b", 1},
                                     {"kb", 1e3},
                                     {"mb", 1e6},
                                     {"gb", 1e9},
                                     {"tb", 1e12},
                                     {"kib", 0x1p10},
                                     {"mib", 0x1p20},
                                     {"gib", 0x1p30},
                                     {"tib", 0x1p40}}};

/// More than this is no machine's memory, and not every double below it is a whole number.
constexpr double most_bytes = 0x1p53;

/// "1.5GB" as bytes; less than 0 where it is no such text.
double bytes_of(std::string_view text) {
  double number = 0;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failure != std::errc() || !(number >= 0)) return -1;
  std::string unit;
  for (char letter : text.substr(static_cast<std::size_t>(end - text.data()))) {
    if (letter != ' ')
      unit += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
  }
  if (unit.empty()) return number;
  for (const Unit& known : units) {
    if (known.name == unit) return number * known.bytes;
  }
  return -1;
}

}  // namespace

Config to_config(MemoryLimit limit) { return static_cast<std::int64_t>(limit.bytes); }

void from_config(const Config& config, MemoryLimit& limit) {
  const double bytes =
      config.is_string() ? bytes_of(config.as_string()) : std::floor(config.as_number());
  if (!(bytes >= 0 && bytes <= most_bytes)) {
    throw config_error(
        config, fmt::format("{} is no number of bytes", config.describe()),
        "write a whole number, or one with a unit: \"600MB\", \"1.5GB\", \"512MiB\"");
  }
  limit.bytes = static_cast<std::size_t>(bytes);
}

}  // namespace sloy
