#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>

#include "harness/messages.h"
#include "nn/names.h"

namespace sloy {
namespace {

using harness::message_of;

Sequential keras_convnet() {
  return {Input{28, 28, 1},          Conv2D{.filters = 32, .kernel_size = 3, .activation = relu},
          MaxPool2D{.pool_size = 2}, Conv2D{.filters = 64, .kernel_size = 3, .activation = relu},
          MaxPool2D{.pool_size = 2}, Flatten{},
          Dropout{.rate = 0.5},      Dense{.units = 10, .activation = softmax}};
}

TEST(Names, AreKerass) {
  EXPECT_EQ(snake_case("Conv2D"), "conv2d");
  EXPECT_EQ(snake_case("MaxPool2D"), "max_pool2d");
  EXPECT_EQ(snake_case("GlobalAveragePooling2D"), "global_average_pooling2d");
  EXPECT_EQ(snake_case("BatchNormalization"), "batch_normalization");
  EXPECT_EQ(snake_case("LeakyReLU"), "leaky_re_lu");
  EXPECT_EQ(snake_case("ReLU"), "re_lu");
  EXPECT_EQ(snake_case("ELU"), "elu");
}

// keras.io/examples/vision/mnist_convnet prints these shapes and 34,826 parameters.
TEST(Model, HasTheShapesAndParametersOfKerassConvnet) {
  const Sequential model = keras_convnet();
  const std::vector<LayerSummary> layers = model.layers();
  ASSERT_EQ(layers.size(), 8u);
  EXPECT_EQ(layers[1].path, "conv2d");
  EXPECT_EQ(layers[1].results[0].shape, (Shape{batch, 26, 26, 32}));
  EXPECT_EQ(layers[1].parameters, 320);
  EXPECT_EQ(layers[3].path, "conv2d_1");
  EXPECT_EQ(layers[3].parameters, 18496);
  EXPECT_EQ(layers[5].results[0].shape, (Shape{batch, 1600}));
  EXPECT_EQ(layers[7].parameters, 16010);
  EXPECT_EQ(model.parameters(), 34826);
  EXPECT_EQ(model.weight_names(),
            (std::vector<std::string>{"conv2d/kernel", "conv2d/bias", "conv2d_1/kernel",
                                      "conv2d_1/bias", "dense/kernel", "dense/bias"}));
}

TEST(Model, TakesActivationsForLayers) {
  const Model model = Sequential{Input{2}, Dense{.units = 8}, relu, tanh};
  const std::vector<LayerSummary> layers = model.layers();
  ASSERT_EQ(layers.size(), 4u);
  EXPECT_EQ(layers[2].type, "Activation");
  EXPECT_EQ(layers[3].path, "activation_1");
}

TEST(Model, CountsBatchNormalizationsStatisticsApart) {
  const Sequential model{Input{8, 8, 3}, Conv2D{.filters = 5, .kernel_size = 3, .use_bias = false},
                         BatchNormalization{}};
  const LayerSummary normalization = model.layers()[2];
  EXPECT_EQ(normalization.parameters, 10);     // gamma and beta
  EXPECT_EQ(normalization.non_trainable, 10);  // moving mean and variance
  EXPECT_EQ(model.parameters(), 3 * 3 * 3 * 5 + 10);
}

TEST(Model, SummaryShowsSharesAndTotals) {
  const Sequential model{Input{4}, Dense{.units = 3, .activation = relu},
                         Dense{.units = 1, .name = "out"}};
  const std::string summary = model.summary();
  EXPECT_NE(summary.find("dense (Dense)"), std::string::npos) << summary;
  EXPECT_NE(summary.find("out (Dense)"), std::string::npos) << summary;
  EXPECT_NE(summary.find("78.9 %"), std::string::npos) << summary;  // 15 of 19
  EXPECT_NE(summary.find("19 parameters, 19 trained and 0 not: 76 B"), std::string::npos)
      << summary;
}

TEST(Model, ReadsBackItsOwnConfig) {
  const Sequential model = keras_convnet();
  const Config config = model.to_config();
  const Model back = Model::from_config(parse_json(to_json(config)));
  EXPECT_EQ(back.to_config(), config);
  EXPECT_EQ(back.parameters(), 34826);
}

TEST(Model, JoinsBranchesSharesLayersAndNests) {
  const Input a{6}, b{6};
  const Layer shared = Dense{.units = 4, .name = "shared"};
  const Symbol left = shared(a), right = shared(b);
  const Symbol joined = Concatenate{}({left, right});
  const Sequential head{Input{8}, Dense{.units = 3}, Dense{.units = 2}};
  const Model model{{a, b}, {head(joined), left}};
  EXPECT_EQ(model.output_types()[0].shape, (Shape{batch, 2}));
  EXPECT_EQ(model.output_types()[1].shape, (Shape{batch, 4}));
  // 6·4 + 4 once for the shared layer, 8·3 + 3 and 3·2 + 2 within the nested model.
  EXPECT_EQ(model.parameters(), 28 + 27 + 8);
  const auto names = model.weight_names();
  EXPECT_EQ(names[0], "shared/kernel");
  EXPECT_EQ(names[2], "model/dense/kernel");

  const Model back = Model::from_config(parse_json(to_json(model.to_config())));
  EXPECT_EQ(back.to_config(), model.to_config());
  EXPECT_EQ(back.weight_names(), names);
  EXPECT_EQ(back.input_types(), model.input_types());
  EXPECT_EQ(back.output_types(), model.output_types());
}

TEST(Model, NestedWithoutInputIsBuiltForWhatFlowsIn) {
  Sequential inner{Dense{.units = 3}, relu, Dense{.units = 2}};
  EXPECT_FALSE(inner.is_built());
  const Sequential outer{Input{5}, Dense{.units = 4}, inner, Dense{.units = 1}};
  EXPECT_TRUE(inner.is_built());
  EXPECT_EQ(inner.input_types()[0], (Type{DType::float32, {batch, 4}}));
  // 5·4 + 4, within the nested model 4·3 + 3 and 3·2 + 2, and 2 + 1.
  EXPECT_EQ(outer.parameters(), 24 + 15 + 8 + 3);
  EXPECT_EQ(outer.weight_names()[2], "model/dense/kernel");
  const Model back = Model::from_config(parse_json(to_json(outer.to_config())));
  EXPECT_EQ(back.to_config(), outer.to_config());
  EXPECT_EQ(message_of([&] {
              Sequential{Input{5}, inner};
            }),
            "the input has another shape than the model's\n"
            "  input   (batch, 5)\n"
            "  model   (batch, 4)\n"
            "  layer   model   Model");

  const Symbol x = Input{6};
  const Symbol y = Sequential{Dense{.units = 7}}(x);
  EXPECT_EQ(y.shape(), (Shape{batch, 7}));
}

TEST(Model, NestedFirstWithoutInputWaitsForTheData) {
  const Sequential inner{Flatten{}, Dense{.units = 3}};
  Sequential outer{inner, Dense{.units = 1}};
  EXPECT_FALSE(outer.is_built());
  const Sequential outermost{Input{2, 2, 1}, outer};
  EXPECT_EQ(inner.input_types()[0].shape, (Shape{batch, 2, 2, 1}));
  EXPECT_EQ(outermost.parameters(), (4 * 3 + 3) + (3 + 1));
}

TEST(Model, NestedInARecipeNeedsNoInput) {
  const char* text = R"(
    [[layer]]
    type = "Dense"
    units = 4
    [[layer]]
    type = "Model"
    name = "head"
    model = { layer = [{ type = "Dense", units = 3 }, { type = "Model", model = { layer = [
              { type = "Dense", units = 2 }] } }] }
  )";
  const Model model = Model::from_config(parse_toml(text), {}, Type{DType::float32, {5}});
  EXPECT_EQ(model.output_types()[0].shape, (Shape{batch, 2}));
  EXPECT_EQ(model.weight_names(),
            (std::vector<std::string>{"dense/kernel", "dense/bias", "head/dense/kernel",
                                      "head/dense/bias", "head/model/dense/kernel",
                                      "head/model/dense/bias"}));
  EXPECT_EQ(message_of([&] { Model::from_config(parse_toml(text, "r.toml")); }),
            "the shape of the model's input is not known\n"
            "  where    r.toml:2\n"
            "  to fix   begin with { type = \"Input\", shape = [28, 28, 1] }");
}

/// Keras shares them.
TEST(Model, NestedGivesACopyOfItsWeights) {
  Sequential inner{Input{1}, Dense{.units = 1, .name = "only"}};
  const Tensor two(Shape{1, 1}, std::vector<float>{2}), three(Shape{1, 1}, std::vector<float>{3});
  inner.set_weight("only/kernel", two);
  inner.set_name("inner");
  Sequential outer{Input{1}, inner};
  EXPECT_EQ(outer.weight("inner/only/kernel"), two);
  outer.set_weight("inner/only/kernel", three);
  EXPECT_EQ(inner.weight("only/kernel"), two);
}

/// A look at a model changes nothing of what it becomes a part of.
TEST(Model, NestedWithoutWeightsOfItsOwnFollowsTheOutersSeed) {
  const Sequential looked_at{Input{2}, Dense{.units = 2}};
  EXPECT_EQ(looked_at.weight("dense/kernel").size(), 4);
  const Sequential untouched{Input{2}, Dense{.units = 2}};
  EXPECT_EQ((Sequential{Input{2}, looked_at}.weight("model/dense/kernel")),
            (Sequential{Input{2}, untouched}.weight("model/dense/kernel")));
}

TEST(ModelErrors, OfClassNamesThatDoNotFit) {
  Sequential model{Input{2}, Dense{.units = 3}};
  model.set_class_names({"a", "b", "c"});
  EXPECT_EQ(message_of([&] {
              model.set_class_names({"a", "b"});
            }),
            "2 class names don't fit what the model predicts\n"
            "  output   (batch, 3)\n"
            "  to fix   name each class once, in the order of the labels; two where there is one "
            "number");
  EXPECT_EQ(model.class_names().size(), 3u);
  model.set_class_names({});
  Sequential binary{Input{2}, Dense{.units = 1}};
  binary.set_class_names({"no", "yes"});
  EXPECT_THROW(binary.set_class_names({"no"}), ConfigError);
}

TEST(Model, FirstWeightsFollowFromSeedAndName) {
  const Sequential one{Input{3}, Dense{.units = 4, .name = "x"}};
  const Sequential other{Input{3}, Rescaling{.scale = 2}, Dense{.units = 4, .name = "x"}};
  EXPECT_EQ(one.weight("x/kernel"), other.weight("x/kernel"));
  const Sequential renamed{Input{3}, Dense{.units = 4, .name = "y"}};
  EXPECT_NE(one.weight("x/kernel"), renamed.weight("y/kernel"));
}

TEST(Model, PredictsWhatItsWeightsSay) {
  Sequential model{Input{2}, Dense{.units = 2, .activation = relu}, Dense{.units = 1}};
  model.set_weight("dense/kernel", Tensor(Shape{2, 2}, std::vector<float>{1, -1, 2, 1}));
  model.set_weight("dense/bias", Tensor(Shape{2}, std::vector<float>{0.5, -4}));
  model.set_weight("dense_1/kernel", Tensor(Shape{2, 1}, std::vector<float>{3, 5}));
  // (1, 2): hidden 1 + 4 + 0.5 = 5.5 and −1 + 2 − 4 → 0; (−1, 4): 7.5 and 1 + 4 − 4 = 1.
  const Tensor y = model.predict(Tensor(Shape{2, 2}, std::vector<float>{1, 2, -1, 4}));
  EXPECT_EQ(y, Tensor(Shape{2, 1}, std::vector<float>{16.5, 27.5}));
}

TEST(Model, TakesBytesForPixels) {
  Sequential model{Input{1}, Dense{.units = 1, .use_bias = false}};
  model.set_weight("dense/kernel", Tensor(Shape{1, 1}, std::vector<float>{10}));
  const Tensor y = model.predict(Tensor(Shape{2, 1}, std::vector<std::uint8_t>{0, 255}));
  EXPECT_FLOAT_EQ(y.values<float>()[0], 0);
  EXPECT_FLOAT_EQ(y.values<float>()[1], 10);
}

TEST(ModelErrors, NameTheLayer) {
  EXPECT_EQ(message_of([] {
              Sequential{Input{28, 28}, Conv2D{.filters = 3, .kernel_size = 3}};
            }),
            "the layer works on images\n"
            "  input    (batch, 28, 28)\n"
            "  needed   (batch, height, width, channels)\n"
            "  layer    conv2d   Conv2D\n"
            "  to fix   add a channel dimension with Reshape{.target_shape = {height, width, 1}}");
  EXPECT_EQ(message_of([] {
              Sequential{Input{3}, Dropout{.rate = 1.0}};
            }),
            "a dropout rate of 1 is not in [0, 1)\n"
            "  layer    dropout   Dropout\n"
            "  to fix   give the probability that a number becomes 0");
  EXPECT_EQ(message_of([] {
              Sequential{Input{3}, Dense{.units = 1, .name = "a"}, Dense{.units = 1, .name = "a"}};
            }),
            "two layers are named 'a'\n"
            "  to fix   give one of them another name; to share weights call one Layer twice");
}

TEST(ModelErrors, NameTheInputThatIsMissing) {
  const Input a{3}, b{3};
  EXPECT_EQ(message_of([&] {
              Model(a, Add{}({a, b}));
            }),
            "an output depends on an Input that is not among the model's inputs\n"
            "  input    float32 (batch, 3)\n"
            "  to fix   add it to the inputs: Model{{a, b}, {y}}");
}

TEST(ModelErrors, OffersTheNearestNames) {
  const Sequential model{Input{3}, Dense{.units = 1}};
  EXPECT_EQ(message_of([&] { model.weight("dense/kernal"); }),
            "the model has no weight 'dense/kernal'\n  to fix   did you mean 'dense/kernel'?");
  EXPECT_EQ(message_of([] {
              Model::from_config(parse_toml("[[layer]]\ntype = \"Desne\"\nunits = 3", "r.toml"), {},
                                 Type{DType::float32, {4}});
            }).substr(0, 54),
            "there is no layer of type 'Desne'\n  where    r.toml:2\n");
  EXPECT_EQ(message_of([] {
              Model::from_config(parse_toml("[[layer]]\ntype = \"Dense\"\nunit = 3", "r.toml"), {},
                                 Type{DType::float32, {4}});
            }).substr(0, 47),
            "there is no key 'unit' here\n  where    r.toml:3");
}

struct Scale {
  double factor = 2;
  Value call(Scope&, Value x) const { return x * factor; }
  Symbol operator()(const Symbol& x) const { return apply(*this, x); }
  static void fields(auto&& field) { field("factor", &Scale::factor); }
};

TEST(CustomLayer, WorksInModelsAndFiles) {
  const Sequential model{Input{2}, Scale{.factor = 3}};
  const Config config = model.to_config();
  Model back = Model::from_config(config, {.layers = {register_layer<Scale>()}});
  const Tensor y = back.predict(Tensor(Shape{1, 2}, std::vector<float>{1, 2}));
  EXPECT_EQ(y, Tensor(Shape{1, 2}, std::vector<float>{3, 6}));
  EXPECT_THROW(Model::from_config(config), ConfigError);
}

}  // namespace
}  // namespace sloy
