/// Any text is a recipe or a ConfigError; one that is read is the same once written and read again,
/// or an Error where its layers can't be made.
#include <sloy/error.h>
#include <sloy/recipe.h>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const sloy::Recipe recipe = sloy::Recipe::parse(text);
    const sloy::Recipe again = sloy::Recipe::parse(recipe.to_toml());
    if (again.to_config() != recipe.to_config()) std::abort();
  } catch (const sloy::ConfigError&) {
  } catch (const sloy::Error&) {
    try {
      sloy::Recipe::parse(text);
    } catch (const sloy::Error&) {
      std::abort();  // reading throws ConfigErrors alone
    }
  }
  return 0;
}
