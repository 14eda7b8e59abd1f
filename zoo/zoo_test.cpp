/// The architectures of zoo/ against the counts that were published, and their
/// files.
#include "zoo/zoo.h"

#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <map>
#include <set>

#include "harness/process.h"

namespace sloy {
namespace {

TEST(Zoo, HasThePublishedCountsOfParameters) {
  for (const zoo::Entry& entry : zoo::entries()) {
    SCOPED_TRACE(entry.name);
    EXPECT_EQ(entry.make().parameters(), entry.parameters);
  }
}

TEST(Zoo, HoldsWhatItsHeaderNames) {
  EXPECT_EQ(zoo::lenet5().parameters(), 61'706);
  EXPECT_EQ(zoo::alexnet().parameters(), 60'965'224);
  EXPECT_EQ(zoo::alexnet_one_tower().parameters(), 61'100'840);
  EXPECT_EQ(zoo::vgg(16).parameters(), 138'357'544);
  EXPECT_EQ(zoo::vgg(19).parameters(), 143'667'240);
  EXPECT_EQ(zoo::resnet(18).parameters(), 11'689'512);
  EXPECT_EQ(zoo::resnet(34).parameters(), 21'797'672);
  EXPECT_EQ(zoo::resnet(50).parameters(), 25'557'032);
  EXPECT_EQ(zoo::googlenet().parameters(), 6'998'552);
  EXPECT_THROW(zoo::vgg(13), ConfigError);
  EXPECT_THROW(zoo::resnet(101), ConfigError);
}

/// 25557032 as "25,557,032".
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

/// (batch, 28, 28, 1) as "28×28×1".
std::string example_size(const Shape& shape) {
  std::string size;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    size += (axis == 1 ? "" : "×") + std::to_string(shape.size(axis));
  }
  return size;
}

TEST(Zoo, IsWhatItsPageSays) {
  const std::string page = harness::bytes_of_file("docs/zoo.md");
  for (const zoo::Entry& entry : zoo::entries()) {
    SCOPED_TRACE(entry.name);
    const std::size_t begin = page.find("\n| `" + entry.name + "` | `");
    ASSERT_NE(begin, std::string::npos);
    const std::string row = page.substr(begin + 1, page.find('\n', begin + 1) - begin - 1);
    const Model model = entry.make();
    const std::string rest = "` | " + example_size(model.input_types()[0].shape) + " | " +
                             grouped(model.parameters()) + " | " + entry.paper + " | " +
                             entry.published + " |";
    EXPECT_TRUE(row.ends_with(rest)) << row << "\nshould end in\n" << rest;
  }
}

std::int64_t of_type(const Model& model, std::string_view type) {
  std::int64_t sum = 0;
  for (const LayerSummary& layer : model.layers()) {
    if (layer.type == type) sum += layer.parameters;
  }
  return sum;
}

/// Dense layers hold 123.6 of VGG-16's 138.4 million: global average pooling is
/// the remedy.
TEST(Zoo, GlobalPoolingSavesMostOfVgg) {
  EXPECT_EQ(of_type(zoo::vgg(16), "Dense"), 123'642'856);
  EXPECT_EQ(of_type(zoo::vgg(16), "Conv2D"), 138'357'544 - 123'642'856);
  EXPECT_EQ(of_type(zoo::vgg_without_dense(16), "Conv2D"), 138'357'544 - 123'642'856);
  EXPECT_EQ(of_type(zoo::vgg_without_dense(16), "Dense"), 512 * 1000 + 1000);
}

std::set<Shape, bool (*)(const Shape&, const Shape&)> shapes_of(const Model& model) {
  std::set<Shape, bool (*)(const Shape&, const Shape&)> shapes(
      [](const Shape& a, const Shape& b) { return to_string(a) < to_string(b); });
  for (const LayerSummary& layer : model.layers()) {
    for (const Type& result : layer.results) shapes.insert(result.shape);
  }
  return shapes;
}

/// Sizes that the papers' tables give.
TEST(Zoo, HasThePublishedShapes) {
  EXPECT_TRUE(shapes_of(zoo::alexnet()).contains(Shape{batch, 55, 55, 96}));
  EXPECT_TRUE(shapes_of(zoo::alexnet()).contains(Shape{batch, 6, 6, 256}));
  EXPECT_TRUE(shapes_of(zoo::vgg(16)).contains(Shape{batch, 7, 7, 512}));
  EXPECT_TRUE(shapes_of(zoo::resnet(50)).contains(Shape{batch, 7, 7, 2048}));
  EXPECT_TRUE(shapes_of(zoo::googlenet()).contains(Shape{batch, 28, 28, 480}));
  EXPECT_TRUE(shapes_of(zoo::googlenet()).contains(Shape{batch, 14, 14, 832}));
  EXPECT_TRUE(shapes_of(zoo::googlenet()).contains(Shape{batch, 7, 7, 1024}));
  EXPECT_TRUE(shapes_of(zoo::inception_v3()).contains(Shape{batch, 35, 35, 288}));
  EXPECT_TRUE(shapes_of(zoo::inception_v3()).contains(Shape{batch, 17, 17, 768}));
  EXPECT_TRUE(shapes_of(zoo::inception_v3()).contains(Shape{batch, 8, 8, 2048}));
  EXPECT_TRUE(shapes_of(zoo::inception_small()).contains(Shape{batch, 7, 7, 336}));
  EXPECT_TRUE(shapes_of(zoo::convolutional_autoencoder()).contains(Shape{batch, 4, 4, 8}));
}

TEST(Zoo, IsSavedLoadedAndPredictsTheSame) {
  const harness::TemporaryDirectory directory;
  for (const zoo::Entry& entry : zoo::entries()) {
    SCOPED_TRACE(entry.name);
    Model model = entry.make();
    Tensor image(DType::float32, model.input_types()[0].shape.with_first(1));
    float next = 0;
    for (float& pixel : image.mutable_values<float>()) pixel = next = next < 1 ? next + 0.01f : 0;
    const Tensor given = model.predict(image);
    model.save(directory / "model.safetensors");
    EXPECT_EQ(Model::load(directory / "model.safetensors").predict(image), given);
  }
}

/// Planned as a training on two examples: what a large one takes is known, and
/// nothing is held.
TEST(Zoo, IsPlannedWithoutAllocating) {
  for (const zoo::Entry& entry : zoo::entries()) {
    SCOPED_TRACE(entry.name);
    Model model = entry.make();
    const Shape example = model.input_types()[0].shape.without(0);
    const Shape output = model.output_types()[0].shape;
    const bool has_classes = output.rank() == 2 && output != model.input_types()[0].shape;
    data::Spec spec{{DType::float32, example}, {DType::float32, output.without(0)}};
    if (has_classes) spec.targets = {DType::int32, {}};
    model.compile({.optimizer = SGD{.learning_rate = 0.01, .momentum = 0.9},
                   .loss = has_classes ? Loss(SparseCategoricalCrossentropy{.from_logits = true})
                                       : Loss(BinaryCrossentropy{.from_logits = true})});
    const Plan plan = model.plan(spec, 2);
    EXPECT_GT(plan.state_bytes, 4u * static_cast<std::size_t>(entry.parameters));
  }
}

}  // namespace
}  // namespace sloy
