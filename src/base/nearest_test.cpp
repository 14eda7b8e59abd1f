#include <sloy/nearest.h>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sloy {
namespace {

TEST(Nearest, FindsSlips) {
  constexpr std::array<std::string_view, 4> known{"filters", "kernel_size", "strides", "units"};
  EXPECT_EQ(nearest("filter", known), "filters");
  EXPECT_EQ(nearest("fliters", known), "filters");
  EXPECT_EQ(nearest("Units", known), "units");
  EXPECT_EQ(nearest("kernelsize", known), "kernel_size");
}

TEST(Nearest, KnowsPartsOfNames) {
  constexpr std::array<std::string_view, 3> known{"Conv2D", "BatchNormalization", "fashion-mnist"};
  EXPECT_EQ(nearest("conv", known), "Conv2D");
  EXPECT_EQ(nearest("BatchNorm", known), "BatchNormalization");
  EXPECT_EQ(nearest("fashion", known), "fashion-mnist");
  EXPECT_EQ(nearest("the fashion-mnist set", known), "fashion-mnist");
  EXPECT_EQ(nearest("2D", known), "") << "too short to mean one of them";
}

TEST(Nearest, KnowsWordsOfOtherLibraries) {
  constexpr std::array<std::string_view, 4> known{"TopKCategoricalAccuracy", "Accuracy",
                                                  "MeanSquaredError", "learning_rate"};
  EXPECT_EQ(nearest("SparseCategoricalAccuracy", known), "Accuracy");
  EXPECT_EQ(nearest("mse", known), "MeanSquaredError");
  EXPECT_EQ(nearest("MSE", known), "MeanSquaredError");
  EXPECT_EQ(nearest("lr", known), "learning_rate");
  EXPECT_EQ(nearest("Linear", known), "") << "what it is called here is not among the known";
}

TEST(Nearest, IsTheFixOfAnError) {
  constexpr std::array<std::string_view, 2> known{"filters", "units"};
  EXPECT_EQ(did_you_mean("unit", known, "name a layer"), "did you mean 'units'?");
  EXPECT_EQ(did_you_mean("momentum", known, "name a layer"), "name a layer");
  EXPECT_EQ(did_you_mean("momentum", known), "");
}

TEST(Nearest, OffersNothingFarAway) {
  constexpr std::array<std::string_view, 2> known{"filters", "units"};
  EXPECT_EQ(nearest("momentum", known), "");
  EXPECT_EQ(nearest("", known), "");
  constexpr std::array<std::string_view, 2> letters{"a", "b"};
  EXPECT_EQ(nearest("z", letters), "") << "nothing is left of it";
  EXPECT_EQ(nearest("B", letters), "b");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), "");
}

}  // namespace
}  // namespace sloy
