// A convolutional net for Fashion-MNIST: the data set's ten kinds of clothes, about 90 % right.
//
//     fashion_mnist [EPOCHS] [EXAMPLES]        both for a quicker look
#include <sloy/sloy.h>

#include <cstdio>
#include <cstdlib>

using namespace sloy;

int main(int argc, char** argv) {
  const int epochs = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::int64_t examples = argc > 2 ? std::atoll(argv[2]) : 60000;

  try {
    const data::Split data = data::fashion_mnist();

    auto model = Sequential{
        Input{28, 28, 1},          Conv2D{.filters = 32, .kernel_size = 3, .activation = relu},
        MaxPool2D{.pool_size = 2}, Conv2D{.filters = 64, .kernel_size = 3, .activation = relu},
        MaxPool2D{.pool_size = 2}, Flatten{},
        Dropout{.rate = 0.5},      Dense{.units = 10}};
    std::printf("%s\n", model.summary().c_str());

    model.compile({.optimizer = Adam{.learning_rate = 1e-3},
                   .loss = SparseCategoricalCrossentropy{.from_logits = true},
                   .metrics = {Accuracy{}}});
    model.fit(data.train.take(examples), {.epochs = epochs,
                                          .batch_size = 128,
                                          .validation_split = 0.1,
                                          .callbacks = {EarlyStopping{.patience = 2}}});

    const Evaluation test = model.evaluate(data.test.take(examples));
    std::printf("test accuracy %.4f\n", test.logs["accuracy"]);
    model.save("fashion.safetensors");
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
