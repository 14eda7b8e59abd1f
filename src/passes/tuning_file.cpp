#include "passes/tuning_file.h"

#include <cmath>
#include <set>

#include <fmt/format.h>

namespace sloy {
namespace {

constexpr std::string_view format_name = "sloy tuning";
constexpr std::int64_t format_version = 1;

/// A record of 100,000 nodes.
constexpr std::uint64_t most_bytes = 64 << 20;

/// The file as it is written.
struct Written {
  std::string format{format_name};
  std::int64_t version = format_version;
  std::string machine;
  std::vector<TunedChoice> choices;

  static void fields(auto&& field) {
    field("format", &Written::format, Needed{});
    field("version", &Written::version, Needed{});
    field("machine", &Written::machine, Needed{});
    field("choices", &Written::choices, Needed{});
  }
};

/// Before the fields are read: another version may have others.
void check_version(const Config& config) {
  if (!config.is_map() || !config.find("format") ||
      *config.find("format") != Config(std::string(format_name))) {
    throw config_error(config, "this is no record of measured choices");
  }
  const Config* version = config.find("version");
  if (version && version->is_integer() && version->as_integer() == format_version) return;
  throw config_error(config,
                     fmt::format("the record is of another version than {}, {}", format_version,
                                 version ? version->describe() : "it has none"));
}

void check_choices(const Config& list, const std::vector<TunedChoice>& choices) {
  std::set<std::string_view> nodes;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const TunedChoice& choice = choices[i];
    const Config& where = list.as_list()[i];
    if (choice.node.empty()) throw config_error(where, "a choice names no node");
    if (choice.kernel.empty()) throw config_error(where, "a choice names no kernel");
    if (!std::isfinite(choice.seconds) || choice.seconds < 0) {
      throw config_error(where, fmt::format("{} is no time in seconds", choice.seconds));
    }
    if (!nodes.insert(choice.node).second) throw config_error(where, "a node stands twice");
  }
}

}  // namespace

TuningFile read_tuning(const std::filesystem::path& path, FileSystem& files) {
  const std::vector<std::byte> bytes = read_file(path, most_bytes, files);
  const Config config =
      parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
  check_version(config);
  Written read;
  from_config(config, read);
  check_choices(config.at("choices"), read.choices);
  return {std::move(read.machine), std::move(read.choices)};
}

void write_tuning(const std::filesystem::path& path, const TuningFile& content, FileSystem& files) {
  Written written;
  written.machine = content.machine;
  written.choices = content.choices;
  const std::string text = to_json(to_config(written)) + "\n";
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  write_atomically(
      path, [bytes](File& file) { file.write(bytes); }, files, Durability::cached);
}

}  // namespace sloy
