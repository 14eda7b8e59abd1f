// Learns to tell two half moons apart, saves what it learned, and uses it again.
#include <sloy/sloy.h>

#include <iostream>

using namespace sloy;

int main() {
  data::Dataset train = data::moons({.size = 1000, .seed = 1});
  data::Dataset test = data::moons({.size = 500, .seed = 2});

  auto model = Sequential{Input{2}, Dense{.units = 16, .activation = relu},
                          Dense{.units = 16, .activation = relu}, Dense{.units = 2}};
  model.compile({.optimizer = Adam{.learning_rate = 1e-2},
                 .loss = SparseCategoricalCrossentropy{.from_logits = true},
                 .metrics = {Accuracy{}}});
  std::cout << model.summary() << '\n';
  model.fit(train, {.epochs = 20});
  model.save("moons.safetensors");

  Model loaded = Model::load("moons.safetensors");
  const Evaluation evaluation = loaded.evaluate(test);
  const double accuracy = evaluation.logs["accuracy"];
  std::cout << "accuracy on points it has not seen: " << accuracy << '\n';
  return accuracy > 0.95 ? 0 : 1;
}
