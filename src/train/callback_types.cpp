/// The table of callbacks that files may name.
#include <sloy/callbacks.h>

#include <array>

#include "nn/custom_types.h"

namespace sloy {

std::span<const TypeEntry<Callback>> callback_types() {
  static constexpr std::array table{
      type_entry<Callback, EarlyStopping>(),     type_entry<Callback, ModelCheckpoint>(),
      type_entry<Callback, CSVLogger>(),         type_entry<Callback, OneCycle>(),
      type_entry<Callback, ReduceLROnPlateau>(), type_entry<Callback, LearningRateScheduler>()};
  return table;
}

Config to_config(const Callback& callback) {
  return detail::described_config(callback.held_->type(), callback.held_->fields());
}
Callback callback_from_config(const Config& config, std::span<const TypeEntry<Callback>> custom) {
  return make_described<Callback>(config, "callback", {callback_types(), custom});
}
void from_config(const Config& config, std::vector<Callback>& callbacks) {
  callbacks.clear();
  for (const Config& item : config.as_list()) {
    callbacks.push_back(callback_from_config(item, CustomTypesInUse::current().callbacks));
  }
}

}  // namespace sloy
