#include "usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>

namespace sloy::cli {
namespace {

/// The command that the arguments were for, as far as it is known: "sloy data".
struct Command {
  const CLI::App* app;
  std::string name;
};

/// The command within this one that was named, if one was.
const CLI::App* chosen_in(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? nullptr : chosen.front();
}

/// The innermost command named, or the first on the way there that has no use for an argument.
Command command_of(const CLI::App& program) {
  Command command{&program, program.get_name()};
  while (command.app->remaining().empty()) {
    const CLI::App* inner = chosen_in(*command.app);
    if (!inner) break;
    command.app = inner;
    command.name += " " + inner->get_name();
  }
  return command;
}

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string help_of(const Command& command) {
  return command.name + " --help shows how it is used";
}

ConfigError unknown(const std::string& sentence, const std::string& name, const std::string& label,
                    const std::vector<std::string>& known, const Command& command) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return ConfigError(sentence, {{label, fmt::format("{}", fmt::join(known, ", "))}},
                     did_you_mean(name, views, help_of(command)));
}

/// Whether a command within this one takes the option: the one that was named, if one was.
bool is_of_commands_in(const CLI::App& app, const std::string& option) {
  std::vector<const CLI::App*> inner = app.get_subcommands([](const CLI::App*) { return true; });
  if (const CLI::App* chosen = chosen_in(app)) inner = {chosen};
  return std::any_of(inner.begin(), inner.end(), [&](const CLI::App* command) {
    const std::vector<std::string> known = options_of(*command);
    return std::find(known.begin(), known.end(), option) != known.end() ||
           is_of_commands_in(*command, option);
  });
}

/// The recipe's key that an option which isn't one is meant for: "train.epochs" for --epochs.
std::string recipe_key_of(std::string name) {
  name.erase(0, name.find_first_not_of('-'));
  std::replace(name.begin(), name.end(), '-', '_');
  if (name == "learning_rate" || name == "lr") return "train.optimizer.learning_rate";
  for (const auto& [section, keys] : {std::pair{"train.", to_config(RecipeTrain{})},
                                      std::pair{"data.", to_config<RecipeData>(RecipeData{})}}) {
    if (keys.find(name)) return section + name;
  }
  return {};
}

/// About the first argument that is no part of any command or option.
ConfigError unexpected(const std::string& argument, const Command& command) {
  if (argument.starts_with("-")) {
    const std::string name = argument.substr(0, argument.find('='));
    if (is_of_commands_in(*command.app, name)) {
      const CLI::App* chosen = chosen_in(*command.app);
      return ConfigError(fmt::format("{} stands before the command", name), {},
                         fmt::format("options come after the command: {} {} {}", command.name,
                                     chosen ? chosen->get_name() : "COMMAND", name));
    }
    const std::vector<std::string> options = options_of(*command.app);
    const std::string sentence = fmt::format("{} has no option {}", command.name, name);
    const bool takes_recipe = std::find(options.begin(), options.end(), "--set") != options.end();
    const std::string key = takes_recipe ? recipe_key_of(name) : "";
    if (!key.empty()) {
      return ConfigError(sentence, {}, fmt::format("it is in the recipe: --set {}=…", key));
    }
    return unknown(sentence, name, "options", options, command);
  }
  const std::vector<std::string> commands = subcommands_of(*command.app);
  if (!commands.empty()) {
    return unknown(fmt::format("{} has no command '{}'", command.name, argument), argument,
                   "commands", commands, command);
  }
  return ConfigError(fmt::format("{} has no use for '{}'", command.name, argument), {},
                     help_of(command));
}

/// The parser's words; "inputs is required" and "--out: 1 required TEXT missing" are put otherwise.
std::string words_of(const CLI::ParseError& error) {
  const std::string words = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    return words.substr(0, words.find(" is required")) + " is missing";
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    const bool is_more = words.find(": At Most ") != std::string::npos;
    return words.substr(0, words.find(':')) + (is_more ? " is given twice" : " needs a value");
  }
  return words;
}

}  // namespace

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end && least <= number && number <= most) {
      return {};
    }
    // That there is an end is worth saying only of small ranges, and where it was passed.
    const bool is_open = most == std::numeric_limits<std::int64_t>::max();
    const bool is_past_end = parsed.ec == std::errc::result_out_of_range && text[0] != '-';
    const std::string range = is_open && !is_past_end ? fmt::format("of {} or more", least)
                                                      : fmt::format("from {} to {}", least, most);
    return fmt::format("a whole number {} is needed, not '{}'", range, text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator positive_number() {
  const auto check = [](const std::string& text) -> std::string {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    const bool fits = parsed.ec == std::errc{} && parsed.ptr == end && std::isfinite(number);
    return fits && number > 0 ? "" : fmt::format("a number above 0 is needed, not '{}'", text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator not_empty() {
  const auto check = [](const std::string& text) -> std::string {
    return text.empty() ? "a name is needed, not ''" : "";
  };
  return CLI::Validator(check, "");
}

CLI::Validator assignment(std::string example) {
  const auto check = [example = std::move(example)](const std::string& text) -> std::string {
    if (text.find('=') != std::string::npos) return {};
    return fmt::format("KEY=VALUE is needed, as {}, not '{}'", example, text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator one_of(std::vector<std::string> choices) {
  const auto check = [choices = std::move(choices)](const std::string& text) -> std::string {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
    return fmt::format("{} is needed, not '{}'", fmt::join(choices, " or "), text);
  };
  return CLI::Validator(check, "");
}

ConfigError usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const Command command = command_of(app);
  const std::vector<std::string> rest = command.app->remaining();
  // A value that is refused is the first mistake: what follows may have been meant for it.
  const bool is_value = dynamic_cast<const CLI::ValidationError*>(&error) != nullptr;
  if (!rest.empty() && !is_value) return unexpected(rest.front(), command);
  const std::vector<std::string> commands = subcommands_of(*command.app);
  if (!commands.empty()) {
    return unknown(command.name + " needs a command", "", "commands", commands, command);
  }
  return ConfigError(fmt::format("{}: {}", command.name, words_of(error)), {}, help_of(command));
}

bool describes_data_by_options(const CLI::App& app, std::span<const char* const> arguments) {
  const std::vector<std::string> options = options_of(*command_of(app).app);
  return std::find(options.begin(), options.end(), "--set") != options.end() &&
         std::none_of(arguments.begin(), arguments.end(),
                      [](std::string_view word) { return word.ends_with(".toml"); });
}

}  // namespace sloy::cli
