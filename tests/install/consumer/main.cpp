// What a user of the installed library may do first: errors are thrown and caught across the
// library's border, which needs their types to be exported, and a step of training runs.
#include <sloy/sloy.h>

#include <iostream>

using namespace sloy;

int main() {
  const Symbol x = Input{2};
  Model model{x, Dense{.units = 2}(x) + Dense{.units = 2, .activation = relu}(x)};
  model.compile({.optimizer = SGD{}, .loss = SparseCategoricalCrossentropy{.from_logits = true}});
  model.fit(data::moons({.size = 64}));

  try {
    model.predict(Tensor(Shape{1, 3}, std::vector<float>{1, 2, 3}));
  } catch (const ShapeError& error) {
    std::cout << "refused: " << error.what() << '\n';
    return 0;
  }
  std::cout << "a model of two features took three\n";
  return 1;
}
