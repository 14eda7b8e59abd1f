/// Words of other libraries: each leads to a name that is there.
#include "base/foreign_names.h"

#include <gtest/gtest.h>
#include <sloy/model.h>
#include <sloy/recipe.h>

#include <set>

namespace sloy {
namespace {

template <class Handle>
void add(std::span<const TypeEntry<Handle>> types, std::set<std::string, std::less<>>& names) {
  for (const TypeEntry<Handle>& entry : types) {
    names.emplace(entry.name);
    const Config config = to_config(entry.make_default());
    if (!config.is_map()) continue;
    for (const auto& [key, value] : config.as_map()) names.insert(key);
  }
}

/// Types of all kinds, their arguments, and the keys of [train].
std::set<std::string, std::less<>> all_names() {
  std::set<std::string, std::less<>> names;
  add(layer_types(), names);
  add(loss_types(), names);
  add(metric_types(), names);
  add(optimizer_types(), names);
  add(callback_types(), names);
  add(initializer_types(), names);
  add(schedule_types(), names);
  for (const Activation& activation : activations()) names.emplace(activation.function_name());
  RecipeTrain::fields([&](std::string_view key, auto...) { names.emplace(key); });
  return names;
}

TEST(ForeignNames, LeadToNamesThatAreThere) {
  const std::set<std::string, std::less<>> names = all_names();
  for (const ForeignName& word : foreign_names()) {
    EXPECT_TRUE(names.contains(word.ours)) << word.theirs << " is said to be " << word.ours;
  }
}

/// What is a name here too needs no translation, and would never be looked for.
TEST(ForeignNames, AreNoNamesOfOurOwn) {
  const std::set<std::string, std::less<>> names = all_names();
  for (const ForeignName& word : foreign_names())
    EXPECT_FALSE(names.contains(word.theirs)) << word.theirs;
}

}  // namespace
}  // namespace sloy
