/// Any text is a recipe or a ConfigError; one that is read is the same once written and read again,
/// or an Error where its layers can't be made.
#include <sloy/error.h>
#include <sloy/recipe.h>

#include <algorithm>
#include <cstdlib>

namespace {

/// With keys by alphabet: TOML has plain values before tables, whatever order they came in.
sloy::Config sorted(sloy::Config config) {
  if (config.is_list()) {
    for (sloy::Config& item : config.as_list()) item = sorted(std::move(item));
  }
  if (config.is_map()) {
    for (auto& [key, value] : config.as_map()) value = sorted(std::move(value));
    std::ranges::sort(config.as_map(), {}, [](const auto& entry) { return entry.first; });
  }
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const sloy::Recipe recipe = sloy::Recipe::parse(text);
    const sloy::Recipe again = sloy::Recipe::parse(recipe.to_toml());
    if (sorted(again.to_config()) != sorted(recipe.to_config())) std::abort();
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
