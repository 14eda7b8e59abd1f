// What optimizers share, and schedules, as parts of a fit.

#include <gtest/gtest.h>
#include <sloy/recipe.h>

#include <cmath>

#include "harness/messages.h"
#include "harness/process.h"
#include "harness/recipes.h"
#include "harness/regression.h"

namespace sloy {
namespace {

using harness::message_of;
using harness::regression;
using harness::TemporaryDirectory;

Sequential net() { return {Input{2}, Dense{.units = 5, .activation = tanh}, Dense{.units = 1}}; }

CompileOptions with(Optimizer optimizer) {
  return {.optimizer = std::move(optimizer), .loss = MeanSquaredError{}, .seed = 5};
}

FitOptions epochs_of(int epochs, std::int64_t batch_size) {
  return {
      .epochs = epochs, .batch_size = batch_size, .shuffle = false, .verbose = Verbosity::silent};
}

std::vector<Tensor> weights_of(const Model& model) {
  std::vector<Tensor> weights;
  for (const std::string& name : model.weight_names()) weights.push_back(model.weight(name));
  return weights;
}

/// All weights after each batch, and the rate of the next.
struct Watcher {
  std::shared_ptr<std::vector<std::vector<Tensor>>> weights =
      std::make_shared<std::vector<std::vector<Tensor>>>();
  std::shared_ptr<std::vector<double>> rates = std::make_shared<std::vector<double>>();
  void on_train_batch_end(Run& run, const Logs&) {
    weights->push_back(weights_of(run.model()));
    rates->push_back(run.learning_rate());
  }
};

TEST(OptimizerFit, AccumulatedSmallBatchesTrainAsLargeOnes) {
  const auto trained = [](std::int64_t batch_size, int accumulated) {
    Sequential model = net();
    CompileOptions options =
        with({Adam{.learning_rate = 0.02}, {.gradient_accumulation_steps = accumulated}});
    options.backend = BackendKind::reference;
    options.precision = NumericPrecision::float64;
    model.compile(options);
    model.fit(regression(24), epochs_of(3, batch_size));
    return weights_of(model);
  };
  const auto large = trained(12, 1), small = trained(4, 3);
  ASSERT_EQ(large.size(), small.size());
  for (std::size_t i = 0; i < large.size(); ++i) {
    for (std::size_t j = 0; j < large[i].values<double>().size(); ++j) {
      EXPECT_NEAR(small[i].values<double>()[j], large[i].values<double>()[j], 1e-12);
    }
  }
}

/// Five batches an epoch, three an update: sums go on over the end of an epoch, and through
/// checkpoints.
TEST(OptimizerFit, AccumulationGoesOnThroughEpochsAndCheckpoints) {
  const CompileOptions options =
      with({Adam{.learning_rate = 0.02}, {.gradient_accumulation_steps = 3}});
  const Watcher watcher;
  Sequential whole = net();
  whole.compile(options);
  FitOptions fit = epochs_of(4, 4);
  fit.callbacks = {watcher};
  whole.fit(regression(20), fit);
  ASSERT_EQ(watcher.weights->size(), 20u);
  for (std::size_t batch = 1; batch < 20; ++batch) {
    const bool changed = (*watcher.weights)[batch] != (*watcher.weights)[batch - 1];
    EXPECT_EQ(changed, (batch + 1) % 3 == 0) << "batch " << batch;
  }

  const TemporaryDirectory folder;
  for (int epochs : {1, 2, 4}) {
    Sequential resumed = net();
    resumed.compile(options);
    FitOptions again = epochs_of(epochs, 4);
    again.checkpoints = folder / "checkpoints";
    again.resume = true;
    resumed.fit(regression(20), again);
    if (epochs == 4) {
      EXPECT_EQ(weights_of(resumed), weights_of(whole));
    }
  }
}

TEST(OptimizerFit, APlanHasRoomForTheSums) {
  const auto state_bytes = [](int accumulated) {
    Sequential model = net();
    model.compile(with({SGD{}, {.gradient_accumulation_steps = accumulated}}));
    return model.plan(regression(8).spec(), 8, epochs_of(1, 4)).state_bytes;
  };
  EXPECT_GE(state_bytes(2), state_bytes(1) + (2 * 5 + 5 + 5 + 1) * sizeof(float));
}

TEST(OptimizerFit, ScheduleGoesOnWhereAFitIsResumed) {
  const CosineDecay cosine{
      .initial_learning_rate = 0.1, .decay_steps = 16, .warmup_target = 0.2, .warmup_steps = 3};
  const CompileOptions options = with(SGD{.learning_rate = cosine, .momentum = 0.5});
  Sequential whole = net();
  whole.compile(options);
  Watcher watcher;
  FitOptions fit = epochs_of(4, 4);
  fit.callbacks = {watcher};
  whole.fit(regression(20), fit);
  ASSERT_EQ(watcher.rates->size(), 20u);
  for (std::size_t done = 1; done <= 20; ++done) {
    EXPECT_NEAR((*watcher.rates)[done - 1], LearningRate(cosine).at(static_cast<int>(done)), 1e-7);
  }

  const TemporaryDirectory folder;
  const Watcher parts;
  for (int epochs : {2, 4}) {
    Sequential resumed = net();
    resumed.compile(options);
    FitOptions again = epochs_of(epochs, 4);
    again.checkpoints = folder / "checkpoints";
    again.resume = true;
    again.callbacks = {parts};
    resumed.fit(regression(20), again);
    if (epochs == 4) {
      EXPECT_EQ(weights_of(resumed), weights_of(whole));
    }
  }
  EXPECT_EQ(*parts.rates, *watcher.rates);
}

/// Keras's average, from the weights after every batch, is what a fit leaves behind.
TEST(OptimizerFit, EndsWithTheAverageOfTheWeights) {
  const Watcher watcher;
  Sequential model = net();
  model.compile(with({SGD{.learning_rate = 0.05}, {.use_ema = true, .ema_momentum = 0.7}}));
  FitOptions fit = epochs_of(2, 4);
  fit.callbacks = {watcher};
  model.fit(regression(20), fit);
  const std::vector<Tensor> found = weights_of(model);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t j = 0; j < found[i].values<float>().size(); ++j) {
      double average = (*watcher.weights)[0][i].values<float>()[j];
      for (const auto& weights : *watcher.weights) {
        average = 0.7 * average + 0.3 * weights[i].values<float>()[j];
      }
      EXPECT_NEAR(found[i].values<float>()[j], average, 1e-6);
    }
  }
  EXPECT_NE(found, watcher.weights->back());
}

TEST(OptimizerFit, ACallbackCannotSetTheRateOfASchedule) {
  const LearningRate schedule =
      InverseTimeDecay{.initial_learning_rate = 0.1, .decay_steps = 5, .decay_rate = 1};
  for (const Callback& callback :
       {Callback(OneCycle{}), Callback(ReduceLROnPlateau{.monitor = "loss"}),
        Callback(LearningRateScheduler{.schedule = 0.1})}) {
    Sequential model = net();
    model.compile(with(SGD{.learning_rate = schedule}));
    FitOptions fit = epochs_of(1, 4);
    const Watcher watcher;
    fit.callbacks = {callback, watcher};
    EXPECT_EQ(message_of([&] { model.fit(regression(8), fit); }),
              "the learning rate follows InverseTimeDecay: a callback can't set it\n"
              "  to fix   give the optimizer a number as learning_rate, or leave the callback out");
    EXPECT_TRUE(watcher.rates->empty()) << "before the first step";
  }
}

TEST(OptimizerFit, ReducesTheRateOnAPlateau) {
  Sequential model = net();
  model.compile(with(SGD{.learning_rate = 0.5}));
  FitOptions fit = epochs_of(3, 8);
  const Watcher watcher;
  fit.callbacks = {
      ReduceLROnPlateau{.monitor = "loss", .factor = 0.25, .patience = 1, .min_delta = 1e9},
      watcher};
  model.fit(regression(8), fit);
  EXPECT_EQ(*watcher.rates, (std::vector<double>{0.5, 0.5, 0.125}));
}

TEST(OptimizerFit, FrozenLayersStayWhateverTheOptions) {
  Sequential model{Input{2}, Dense{.units = 5, .trainable = false}, Dense{.units = 1}};
  model.compile(with({AdamW{.weight_decay = 0.1},
                      {.clipnorm = 1.0, .use_ema = true, .gradient_accumulation_steps = 2}}));
  const Tensor before = model.weight("dense/kernel"), after_it = model.weight("dense_1/kernel");
  model.fit(regression(16), epochs_of(2, 4));
  EXPECT_EQ(model.weight("dense/kernel"), before);
  EXPECT_NE(model.weight("dense_1/kernel"), after_it);
}

TEST(OptimizerFit, LayersLearnAtRatesOfTheirOwn) {
  const auto moved = [](double multiplier) {
    Sequential model = net();
    model.compile(with(
        {SGD{.learning_rate = 0.01}, {.learning_rate_multipliers = {{"dense_1", multiplier}}}}));
    const Tensor before = model.weight("dense_1/kernel");
    model.fit(regression(4), epochs_of(1, 4));
    return model.weight("dense_1/kernel").values<float>()[0] - before.values<float>()[0];
  };
  EXPECT_EQ(moved(0), 0);
  EXPECT_NEAR(moved(0.5), moved(1) / 2, 1e-7);
}

constexpr const char* options_in_a_recipe = R"(
seed = 7
[data]
name = "moons"
validation = 0.2
[[model.layer]]
type = "Dense"
name = "hidden"
units = 8
activation = "relu"
kernel_initializer = { type = "Orthogonal", gain = 0.5 }
kernel_regularizer = { type = "L1", l1 = 1e-3, proximal = true }
kernel_constraint = { type = "MaxNorm", max_value = 0.25 }
bias_constraint = "NonNeg"
[[model.layer]]
type = "Dense"
units = 2
[train]
epochs = 2
batch_size = 64
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
callbacks = [{ type = "CSVLogger", filename = "log.csv" }]
[train.optimizer]
type = "Lion"
learning_rate = { type = "CosineDecay", initial_learning_rate = 0.01, decay_steps = 8 }
beta_2 = 0.95
global_clipnorm = 1.0
weight_decay = 0.1
exclude_from_weight_decay = ["bias"]
use_ema = true
gradient_accumulation_steps = 2
learning_rate_multipliers = [{ path = "hidden", multiplier = 0.5 }]
)";

TEST(OptimizerFit, ARecipeHoldsAllOfIt) {
  const Recipe recipe = Recipe::parse(options_in_a_recipe);
  EXPECT_EQ(Recipe::parse(recipe.to_toml()).to_config(), recipe.to_config());
  const Config optimizer = recipe.to_config().at("train").at("optimizer");
  EXPECT_EQ(optimizer.at("beta_2").as_number(), 0.95);
  EXPECT_EQ(optimizer.at("learning_rate").at("decay_steps").as_integer(), 8);
  EXPECT_EQ(optimizer.at("weight_decay").as_number(), 0.1);

  const data::Split data = recipe.load_data();
  Model model = recipe.make_model(data.train.spec());
  model.compile(recipe.compile_options());
  FitOptions options = recipe.fit_options();
  const Watcher watcher;
  options.callbacks = {watcher};
  options.verbose = Verbosity::silent;
  model.fit(data.train, options);
  ASSERT_EQ(watcher.rates->size(), 10u);
  EXPECT_NEAR(watcher.rates->back(), 0.01 * 0.5 * (1 + std::cos(3.14159265358979 * 5 / 8)), 1e-8)
      << "five updates of two batches";

  // What the weights of each step were held to, and so their average.
  const Tensor kernel = model.weight("hidden/kernel"), bias = model.weight("hidden/bias");
  for (std::size_t unit = 0; unit < 8; ++unit) {
    const double length =
        std::hypot(kernel.values<float>()[unit], kernel.values<float>()[8 + unit]);
    EXPECT_LE(length, 0.25 + 1e-6);
    EXPECT_GE(bias.values<float>()[unit], 0);
  }

  const TemporaryDirectory folder;
  model.save(folder / "model.safetensors");
  const Model loaded = Model::load(folder / "model.safetensors");
  EXPECT_EQ(loaded.to_config(), model.to_config());
  EXPECT_EQ(weights_of(loaded), weights_of(model));
  const Config hidden = loaded.to_config().at("layer").as_list()[1];
  EXPECT_EQ(hidden.at("kernel_constraint").at("max_value").as_number(), 0.25);
  EXPECT_EQ(hidden.at("kernel_initializer").at("gain").as_number(), 0.5);
  EXPECT_TRUE(hidden.at("kernel_regularizer").at("proximal").as_bool());
}

struct SignDescent {
  LearningRate learning_rate = 1e-3;
  double slack = 0;
  Value step(OptimizerScope& scope, Value weight, Value gradient) const {
    return weight - scope.learning_rate() * sign(gradient) * greater(absolute(gradient), slack);
  }
  static void fields(auto&& field) {
    field("learning_rate", &SignDescent::learning_rate);
    field("slack", &SignDescent::slack);
  }
};
struct Halving {
  Value call(Value step) const { return 0.1 * power(0.5, step); }
};

TEST(OptimizerFit, ARecipeTakesOptimizersAndSchedulesOfOnesOwn) {
  Config config = parse_toml(harness::moons_recipe, "moons.toml");
  config["train"]["optimizer"] = parse_toml(R"(
    type = "SignDescent"
    learning_rate = "Halving"
    slack = 0.01
    clipvalue = 0.5
  )");
  CustomTypes custom;
  custom.optimizers = {register_optimizer<SignDescent>()};
  custom.schedules = {register_schedule<Halving>()};
  const Optimizer optimizer = Recipe::from_config(config, custom).train.optimizer;
  EXPECT_EQ(optimizer.type(), "SignDescent");
  EXPECT_EQ(optimizer.learning_rate().at(2), 0.025);
  EXPECT_EQ(optimizer.options().clipvalue, 0.5);
  EXPECT_EQ(to_config(optimizer), config.at("train").at("optimizer"));
  EXPECT_THROW(Recipe::from_config(config), ConfigError);
}

TEST(OptimizerFit, ARecipesSlipsHaveTheirLine) {
  const auto refused = [](std::string_view assignment) {
    Config config = parse_toml(harness::moons_recipe, "moons.toml");
    override_value(config, assignment);
    return message_of([&] { Recipe::from_config(config); });
  };
  EXPECT_EQ(refused("train.optimizer.clipnorm=-1"),
            "the optimizer's clipnorm can't be -1\n"
            "  where    moons.toml:18 with --set train.optimizer.clipnorm=-1\n"
            "  to fix   give a number above 0");
  EXPECT_EQ(refused("train.optimizer.learning_rate={type = \"CosineDecay\", "
                    "initial_learning_rate = 1, decay_steps = 0}")
                .substr(0, 50),
            "the schedule's decay_steps must be 1 or more, not ");
}

}  // namespace
}  // namespace sloy
