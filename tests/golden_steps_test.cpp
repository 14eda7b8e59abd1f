// Whole training steps of a small net against Keras and PyTorch: what the data weigh, what layers
// add to the loss, constraints, and what all optimizers share.

#include <gtest/gtest.h>
#include <sloy/covariate_shift.h>
#include <sloy/model.h>

#include <map>

#include "harness/golden.h"

namespace sloy {
namespace {

using harness::close;
using harness::exact;
using harness::Golden;

/// Dense(4, tanh) and Dense(3), with the arguments that a case has for them.
Model net_of(const Golden::Case& of) {
  const auto dense = [&](const char* name, int units, const char* activation) {
    Config layer = of.attributes.at(name);
    layer["type"] = "Dense";
    layer["name"] = name;
    layer["units"] = units;
    layer["activation"] = activation;
    return layer;
  };
  const std::int64_t positions = of.attributes.at("positions").as_integer();
  const Shape input = positions > 0 ? Shape{positions, 5} : Shape{5};
  return Model::from_config(
      Config::Map{{"layer", Config::List{dense("hidden", 4, "tanh"), dense("out", 3, "linear")}}},
      {}, Type{DType::float32, input});
}

/// Every weight after each step, and the mean of the losses so far.
struct Watcher {
  struct Seen {
    std::map<std::string, std::vector<double>> weights;
    std::vector<double> means;
  };
  std::shared_ptr<Seen> seen = std::make_shared<Seen>();

  void on_train_batch_end(Run& run, const Logs& logs) {
    for (const std::string& name : run.model().weight_names()) {
      const Tensor weight = run.model().weight(name);
      const auto numbers = weight.values<double>();
      std::vector<double>& all = seen->weights[name];
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
    seen->means.push_back(logs["loss"]);
  }
};

/// Trains a compiled model, from the case's first weights, and compares each step.
void expect_steps(const Golden& golden, const Golden::Case& of, Model& model,
                  const data::Dataset& data, FitOptions options) {
  for (const std::string& name : model.weight_names()) {
    model.set_weight(name, golden.tensor(of, "start/" + name));
  }
  const Watcher watcher;
  options.batch_size = of.attributes.at("batch").as_integer();
  options.shuffle = false;
  options.verbose = Verbosity::silent;
  options.callbacks = {watcher};
  model.fit(data, options);

  const Tensor losses = golden.tensor(of, "losses");
  ASSERT_EQ(watcher.seen->means.size(), losses.values<double>().size()) << of.name;
  double sum = 0;
  for (std::size_t step = 0; step < watcher.seen->means.size(); ++step) {
    sum += losses.values<double>()[step];
    const double mean = sum / static_cast<double>(step + 1);
    EXPECT_NEAR(watcher.seen->means[step], mean, 1e-9 * mean) << of.name << ", step " << step + 1;
  }
  for (const auto& [name, numbers] : watcher.seen->weights) {
    const Tensor after = golden.tensor(of, "after/" + name);
    EXPECT_TRUE(close(Tensor(after.shape(), numbers), after, 1e-9)) << of.name << ' ' << name;
    if (!golden.has(of, "final/" + name)) continue;
    EXPECT_TRUE(close(model.weight(name), golden.tensor(of, "final/" + name), 1e-9))
        << of.name << ' ' << name << " at the end";
  }
}

std::vector<double> numbers_of(const Config& list) {
  std::vector<double> numbers;
  for (const Config& number : list.as_list()) numbers.push_back(number.as_number());
  return numbers;
}

TEST(GoldenSteps, AreKerasAndPyTorchs) {
  const Golden golden("steps");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "steps") continue;
    Model model = net_of(of);
    model.compile({.optimizer = optimizer_from_config(of.attributes.at("optimizer")),
                   .loss = loss_from_config(of.attributes.at("loss")),
                   .backend = exact.backend,
                   .precision = exact.precision});
    data::Dataset data = data::from_tensors(golden.tensor(of, "x"), golden.tensor(of, "y"));
    if (golden.has(of, "sample_weight")) data = data.weighted(golden.tensor(of, "sample_weight"));
    expect_steps(golden, of, model, data,
                 {.class_weight = numbers_of(of.attributes.at("class_weight"))});
  }
}

TEST(GoldenSteps, OfTwoOutputsAreKeras) {
  const Golden golden("steps");
  const Golden::Case& of = golden.find("two_outputs");
  const Symbol x = Input{5};
  const Symbol hidden = Dense{.units = 4, .activation = tanh, .name = "hidden"}(x);
  Model model(
      {x}, {Dense{.units = 3, .name = "out"}(hidden), Dense{.units = 2, .name = "other"}(hidden)});
  const std::vector<double> counts = numbers_of(of.attributes.at("loss_weights"));
  model.compile({.optimizer = optimizer_from_config(of.attributes.at("optimizer")),
                 .loss = {MeanSquaredError{}, Huber{.delta = 0.5}},
                 .loss_weights = {counts[0], counts[1]},
                 .backend = exact.backend,
                 .precision = exact.precision});
  expect_steps(golden, of, model,
               data::from_tensors(std::vector{golden.tensor(of, "x")},
                                  {golden.tensor(of, "y"), golden.tensor(of, "y_other")}),
               {});
}

/// Ours come from a training, so they are near the optimum only.
TEST(GoldenCovariateShift, WeightsAreThoseOfTheBestClassifier) {
  const Golden golden("steps");
  const Golden::Case& of = golden.find("covariate_shift");
  const auto dataset = [&](const char* name) {
    const Tensor features = golden.tensor(of, name);
    return data::from_tensors(features, Tensor(DType::float32, {features.shape().size(0), 1}));
  };
  const Tensor weights = golden.tensor(of, "weights");
  const std::vector<double> largest = numbers_of(of.attributes.at("largest"));
  for (std::size_t i = 0; i < largest.size(); ++i) {
    const Tensor found = covariate_shift_weights(
        dataset("train"), dataset("test"),
        {.epochs = 2000, .batch_size = 98, .learning_rate = 0.02, .largest = largest[i]});
    const auto numbers = found.values<float>();
    for (std::size_t example = 0; example < numbers.size(); ++example) {
      const double expected = weights.values<double>()[i * numbers.size() + example];
      EXPECT_NEAR(numbers[example], expected, 1e-3 * expected) << largest[i] << ' ' << example;
    }
  }
}

/// Each layer's are of what it is fed in inference, by those before it.
TEST(GoldenBatchNormalization, StatisticsOfATrainingSetArePyTorchs) {
  const Golden golden("normalization");
  for (const Golden::Case& of : golden.cases()) {
    if (of.op() != "training_set") continue;
    const BatchNormalization norm{
        .statistics = InferenceStatistics::training_set,
        .unbiased_variance = of.attributes.at("unbiased_variance").as_bool()};
    Sequential model{Input{5}, Dense{.units = 4}, norm, tanh, Dense{.units = 3}, norm, tanh};
    model.compile(
        {.loss = MeanSquaredError{}, .backend = exact.backend, .precision = exact.precision});
    struct Names {
      std::string golden, dense, norm;
    };
    const std::vector<Names> layers{{"first/", "dense/", "batch_normalization/"},
                                    {"second/", "dense_1/", "batch_normalization_1/"}};
    for (const Names& layer : layers) {
      for (const std::string name : {"kernel", "bias"}) {
        model.set_weight(layer.dense + name, golden.tensor(of, layer.golden + name));
      }
      for (const std::string name : {"gamma", "beta"}) {
        model.set_weight(layer.norm + name, golden.tensor(of, layer.golden + name));
      }
    }
    const Tensor x = golden.tensor(of, "x");
    model.adapt(data::from_tensors(x, Tensor(DType::float32, {x.shape().size(0), 3})));
    for (const Names& layer : layers) {
      for (const std::string name : {"mean", "variance"}) {
        EXPECT_TRUE(close(model.weight(layer.norm + "moving_" + name),
                          golden.tensor(of, layer.golden + name), 1e-9))
            << of.name << ' ' << layer.golden << name;
      }
    }
    EXPECT_TRUE(close(model.predict(x), golden.tensor(of, "y"), 1e-9)) << of.name;
  }
}

}  // namespace
}  // namespace sloy
