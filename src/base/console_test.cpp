#include "base/console.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sloy {
namespace {

std::map<std::string, std::string> environment;

const char* variable(const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? nullptr : found->second.c_str();
}

ConsoleTraits traits_with(std::map<std::string, std::string> variables, bool is_tty = true) {
  environment = std::move(variables);
  return console_traits(is_tty, variable);
}

TEST(Console, DrawsOnATerminalThatIsNotDumb) {
  EXPECT_TRUE(traits_with({{"TERM", "xterm"}}).is_terminal);
  EXPECT_TRUE(traits_with({}).is_terminal);
  EXPECT_FALSE(traits_with({{"TERM", "dumb"}}).is_terminal);
  EXPECT_FALSE(traits_with({{"TERM", "xterm"}}, false).is_terminal);
}

TEST(Console, HonoursNoColor) {
  EXPECT_TRUE(traits_with({}).has_color);
  EXPECT_FALSE(traits_with({{"NO_COLOR", "1"}}).has_color);
  EXPECT_TRUE(traits_with({{"NO_COLOR", ""}}).has_color) << "set but empty means nothing";
  EXPECT_FALSE(traits_with({}, false).has_color);
}

TEST(Console, TakesTheCharacterSetOfTheFirstVariableThatIsSet) {
  EXPECT_FALSE(traits_with({}).has_utf8);
  EXPECT_TRUE(traits_with({{"LANG", "en_US.UTF-8"}}).has_utf8);
  EXPECT_TRUE(traits_with({{"LANG", "C.utf8"}}).has_utf8);
  EXPECT_FALSE(traits_with({{"LANG", "ru_RU.KOI8-R"}}).has_utf8);
  EXPECT_FALSE(traits_with({{"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}}).has_utf8);
  EXPECT_TRUE(traits_with({{"LC_ALL", ""}, {"LC_CTYPE", "de_DE.UTF-8"}}).has_utf8);
}

}  // namespace
}  // namespace sloy
