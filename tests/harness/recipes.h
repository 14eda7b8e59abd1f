/// A recipe that trains in a moment, for tests that need any.
#pragma once

namespace sloy::harness {

/// 320 points to learn from in 5 steps an epoch, 80 held out, 100 for tests; 42 parameters.
inline constexpr const char* moons_recipe = R"(
seed = 7
[data]
name = "moons"
validation = 0.2
[[model.layer]]
type = "Dense"
name = "hidden"
units = 8
activation = "relu"
[[model.layer]]
type = "Dense"
units = 2
[train]
epochs = 2
batch_size = 64
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
optimizer = { type = "SGD", learning_rate = 0.1 }
metrics = ["Accuracy"]
)";

}  // namespace sloy::harness
