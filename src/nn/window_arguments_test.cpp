// What is refused of layers with windows, in which words, and how files write their arguments.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

/// The text of the error a layer gives for an input, without the note that names the layer.
std::string refused(const Layer& layer, const Shape& example) {
  std::string message = message_of([&] { layer(Input(example)); });
  const std::size_t note = message.find("\n  layer ");
  if (note != std::string::npos) message.erase(note, message.find('\n', note + 1) - note);
  return message;
}

TEST(WindowErrors, NameTheDimensionsThatAreNeeded) {
  EXPECT_EQ(refused(Conv1D{.filters = 2, .kernel_size = 3}, {9}),
            "the layer works on sequences\n"
            "  input    (batch, 9)\n"
            "  needed   (batch, length, channels)\n"
            "  to fix   add a channel dimension with Reshape{.target_shape = {length, 1}}");
  EXPECT_EQ(refused(MaxPool3D{}, {9, 8, 3}),
            "the layer works on videos\n"
            "  input    (batch, 9, 8, 3)\n"
            "  needed   (batch, frames, height, width, channels)\n"
            "  to fix   add a channel dimension with Reshape{.target_shape = {frames, height, "
            "width, 1}}");
  EXPECT_EQ(refused(GlobalAveragePooling2D{}, {9, 8, 7, 3}),
            "the layer works on images\n"
            "  input    (batch, 9, 8, 7, 3)\n"
            "  needed   (batch, height, width, channels)\n"
            "  to fix   take the layer's 3D form");
  EXPECT_EQ(refused(ZeroPadding2D{}, {9}),
            "the layer works on images\n"
            "  input    (batch, 9)\n"
            "  needed   (batch, height, width, channels)\n"
            "  to fix   feed images, or use Dense layers for what is none");
}

std::string first_line(const Layer& layer, const Shape& example) {
  const std::string message = refused(layer, example);
  return message.substr(0, message.find('\n'));
}

TEST(WindowErrors, OfArgumentsThatMakeNoSense) {
  EXPECT_EQ(first_line(Conv2D{.filters = 2}, {8, 8, 3}), "kernel_size is missing");
  EXPECT_EQ(first_line(Conv2D{.filters = 2, .kernel_size = {3, 0}}, {8, 8, 3}),
            "kernel_size must be 1 or more, not 0");
  EXPECT_EQ(first_line(Conv1D{.filters = 2, .kernel_size = 3, .padding = {{1, 2}, {0, 1}}}, {8, 3}),
            "padding for 2 directions where there are 1");
  EXPECT_EQ(first_line(Conv1D{.filters = 2, .kernel_size = 3, .padding = -1}, {8, 3}),
            "padding can't be -1");
  EXPECT_EQ(first_line(Conv2D{.filters = 2, .kernel_size = 3, .padding = causal}, {8, 8, 3}),
            "causal padding is for sequences: only they have a before and an after");
  EXPECT_EQ(first_line(MaxPool1D{.padding = causal}, {8, 3}), "a pool has no causal padding");
  EXPECT_EQ(first_line(AveragePool1D{.pool_size = 2, .padding = 2}, {8, 3}),
            "average_pool: 2 cells of padding along length leave a window of 2 empty");
  EXPECT_EQ(first_line(Conv1DTranspose{.filters = 2, .kernel_size = 3, .padding = causal}, {8, 3}),
            "a transposed convolution has no causal padding");
  EXPECT_EQ(
      first_line(Conv1DTranspose{.filters = 2, .kernel_size = 3, .strides = 2, .output_padding = 2},
                 {8, 3}),
      "output_padding can't be 2 with strides of 2");
  EXPECT_EQ(first_line(Conv1DTranspose{.filters = 2, .kernel_size = 2, .padding = 4}, {3, 3}),
            "the padding leaves nothing of the result");
  EXPECT_EQ(first_line(DepthwiseConv2D{.kernel_size = 3, .depth_multiplier = 0}, {8, 8, 3}),
            "depth_multiplier must be 1 or more, not 0");
  EXPECT_EQ(
      first_line(SpatiallySeparableConv2D{.filters = 2, .kernel_size = 3, .middle_filters = 0},
                 {8, 8, 3}),
      "middle_filters must be 1 or more, not 0");
  EXPECT_EQ(
      first_line(
          Dense{.units = 2, .weight_standardization = true, .weight_standardization_epsilon = 0},
          {3}),
      "weight_standardization_epsilon can't be 0");
  EXPECT_EQ(first_line(ZeroPadding1D{.padding = {1, -2}}, {8, 3}), "padding can't be -2");
  EXPECT_EQ(first_line(Cropping1D{.cropping = {5, 3}}, {8, 3}),
            "cutting 5 and 3 off 8 leaves nothing");
  EXPECT_EQ(first_line(LocalResponseNormalization{.size = 4}, {8, 8, 3}), "size can't be 4");
  EXPECT_EQ(first_line(LocalResponseNormalization{.bias = 0}, {8, 8, 3}), "bias can't be 0");
  EXPECT_EQ(message_of([] {
              Margins<2>({{1, 2}, {3, 4}, {5, 6}});
            }),
            "margins of 3 directions where there are 2\n"
            "  to fix   give {before, after} for each, or one number for all");
  EXPECT_EQ(message_of([] {
              Padding({{1, 1}, {1, 1}, {1, 1}, {1, 1}});
            }),
            "padding for 4 directions\n"
            "  to fix   give numbers for 1, 2 or 3, or one number for all: Padding{1}");
}

/// A value as JSON, read and written again.
template <class T>
std::string reread(std::string_view json) {
  T value = {};
  from_config(parse_json(json), value);
  return to_json(to_config(value));
}

TEST(WindowArguments, AreReadAsTheyAreWritten) {
  for (const char* text : {"\"valid\"", "\"same\"", "\"causal\"", "1", "[[1,2]]", "[[1,2],[0,1]]",
                           "[[1,2],[0,1],[3,3]]", "[[1,1]]"}) {
    EXPECT_EQ(reread<Padding>(text), text);
  }
  for (const char* text : {"3", "[3,5]", "null"}) EXPECT_EQ(reread<Sizes<2>>(text), text);
  EXPECT_EQ(reread<Sizes<2>>("[3,3]"), "3");
  EXPECT_EQ(reread<Sizes<1>>("[4]"), "4");
  EXPECT_EQ(reread<Sizes<3>>("[1,2,3]"), "[1,2,3]");
  const auto margins = [](auto value, std::string_view json) {
    from_config(parse_json(json), value);
    return to_json(to_config(value));
  };
  EXPECT_EQ(margins(Margins<2>(0), "1"), "1");
  EXPECT_EQ(margins(Margins<2>(0), "[1,2]"), "[[1,1],[2,2]]");
  EXPECT_EQ(margins(Margins<2>(0), "[[1,2],[0,1]]"), "[[1,2],[0,1]]");
  EXPECT_EQ(margins(Margins<1>(0), "[1,2]"), "[[1,2]]");
  EXPECT_EQ(margins(Margins<1>(0), "[[1,2]]"), "[[1,2]]");
  EXPECT_EQ(margins(Margins<3>(0), "[1,2,3]"), "[[1,1],[2,2],[3,3]]");
}

TEST(WindowArguments, ThatAreIllFormedAreRefusedWithTheirLine) {
  const auto refuse = [](std::string_view toml) {
    const std::string message = message_of([&] {
      Model::from_config(parse_toml(toml, "r.toml"), {}, Type{DType::float32, {8, 8, 3}});
    });
    EXPECT_NE(message.find("r.toml:"), std::string::npos) << message;
    return message.substr(0, message.find('\n'));
  };
  const std::string head = "[[layer]]\ntype = \"Conv2D\"\nfilters = 2\n";
  EXPECT_EQ(refuse(head + "kernel_size = [1, 2, 3]"),
            "one number or 2 are needed here, not a list of 3");
  EXPECT_EQ(refuse(head + "kernel_size = 3\npadding = \"some\""),
            "\"some\" is not one of the choices");
  EXPECT_EQ(refuse(head + "kernel_size = 3\npadding = [[1, 2, 3], [0, 1]]"),
            "each direction has two numbers of cells, before and after");
  EXPECT_EQ(refuse("[[layer]]\ntype = \"ZeroPadding2D\"\npadding = [[1, 2, 3], [0, 1]]"),
            "a direction has two ends: before and after");
  EXPECT_EQ(refuse("[[layer]]\ntype = \"ZeroPadding2D\"\npadding = [1, 2, 3]"),
            "one number, or one for each of 2 directions, is needed here, not a list of 3");
}

TEST(LayerTypes, HaveKerassOtherNames) {
  const auto type_of = [](std::string_view name) {
    const auto types = layer_types();
    const auto found = std::find_if(types.begin(), types.end(),
                                    [&](const LayerEntry& entry) { return entry.name == name; });
    return found == types.end() ? "none" : std::string(found->make_default().type());
  };
  EXPECT_EQ(type_of("Convolution1D"), "Conv1D");
  EXPECT_EQ(type_of("Convolution3DTranspose"), "Conv3DTranspose");
  EXPECT_EQ(type_of("SeparableConvolution2D"), "SeparableConv2D");
  EXPECT_EQ(type_of("MaxPooling3D"), "MaxPool3D");
  EXPECT_EQ(type_of("AvgPool1D"), "AveragePool1D");
  EXPECT_EQ(type_of("GlobalAvgPool2D"), "GlobalAveragePooling2D");
  EXPECT_EQ(type_of("GlobalMaxPool1D"), "GlobalMaxPooling1D");
}

}  // namespace
}  // namespace sloy
