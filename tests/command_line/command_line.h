/// The `sloy` program as scripts see it: what it prints where, and how it exits.
#pragma once

#include <gtest/gtest.h>
#include <sloy/config.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/process.h"
#include "harness/recipes.h"

namespace sloy::harness {

using Arguments = std::vector<std::string>;

/// A directory with a recipe in it.
class CommandLine : public testing::Test {
 protected:
  CommandLine() { std::ofstream(directory_ / "recipe.toml") << moons_recipe; }

  std::string at(const std::string& name) const { return directory_ / name; }
  std::string recipe_file() const { return at("recipe.toml"); }
  Finished train(const std::string& out, const Arguments& more = {}) const {
    Arguments arguments{"train", recipe_file(), "--out", at(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sloy(arguments);
  }

  TemporaryDirectory directory_;
};

/// The objects on stdout, which holds nothing else; there is one at least.
inline std::vector<Config> events(const Finished& finished) {
  std::vector<Config> found;
  for (const std::string& line : lines_of(finished.out)) {
    found.push_back(parse_json(line, "stdout"));
    EXPECT_TRUE(found.back().is_map()) << line;
    EXPECT_TRUE(found.back().find("event")) << line;
  }
  EXPECT_TRUE(finished.out.empty() || finished.out.back() == '\n');
  if (found.empty()) throw std::runtime_error("nothing on stdout, but on stderr: " + finished.err);
  return found;
}

inline void expect_keys(const Config& event, const Arguments& keys) {
  for (const std::string& key : keys) {
    EXPECT_TRUE(event.find(key)) << to_json(event) << " has no " << key;
  }
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What the program says of arguments that it refuses.
inline std::string refusal(const Arguments& arguments) {
  const Finished refused = run_sloy(arguments);
  EXPECT_EQ(refused.exit_code, 2) << testing::PrintToString(arguments);
  EXPECT_EQ(refused.out, "") << testing::PrintToString(arguments);
  return refused.err;
}

}  // namespace sloy::harness
