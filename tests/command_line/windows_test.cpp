// Layers of one and three directions run on kernels made for them.
#include <gtest/gtest.h>

#include <fstream>

#include "harness/process.h"

namespace sloy {
namespace {

using harness::run_sloy;
using harness::TemporaryDirectory;

/// Every kind of layer with windows, each of a million operations or so.
constexpr const char* recipe = R"(
seed = 1
[data]
name = "moons"
[model]
layer = [
 { type = "Dense", units = 16384, activation = "relu" },
 { type = "Reshape", target_shape = [16, 16, 16, 4] },
 { type = "Conv3D", filters = 16, kernel_size = 3, padding = 1, weight_standardization = true },
 { type = "LocalResponseNormalization" },
 { type = "MaxPool3D", pool_size = 3, strides = 2, padding = 1 },
 { type = "Conv3DTranspose", filters = 8, kernel_size = 3, strides = 2, padding = "same", weight_standardization = true },
 { type = "AveragePool3D", padding = 1, count_include_pad = true },
 { type = "UpSampling3D" },
 { type = "ZeroPadding3D" },
 { type = "Cropping3D" },
 { type = "Reshape", target_shape = [5832, 8] },
 { type = "Conv1D", filters = 12, kernel_size = 5, padding = "causal", dilation_rate = 2 },
 { type = "DepthwiseConv1D", kernel_size = 5, depth_multiplier = 2 },
 { type = "SeparableConv1D", filters = 16, kernel_size = 3, strides = 2, weight_standardization = true },
 { type = "Conv1DTranspose", filters = 8, kernel_size = 4, strides = 2 },
 { type = "MaxPool1D" },
 { type = "UpSampling1D" },
 { type = "AveragePool1D", pool_size = 3, padding = "same" },
 { type = "GlobalMaxPooling1D" },
 { type = "Dense", units = 2, activity_regularizer = "L2" } ]
[train]
batch_size = 16
loss = { type = "SparseCategoricalCrossentropy", from_logits = true }
)";

TEST(WindowsOfOneAndThreeDirections, LeaveNothingToTheReferenceKernels) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "recipe.toml") << recipe;
  const harness::Finished plan = run_sloy({"plan", folder / "recipe.toml", "--explain"});
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  int kernels = 0;
  for (const std::string& line : harness::lines_of(plan.out)) {
    // A kernel's line begins with its part of the step; what follows it is indented.
    const bool is_kernel = line.starts_with("forward ") || line.starts_with("backward ");
    kernels += is_kernel;
    EXPECT_FALSE(is_kernel && line.find("reference") != line.npos) << line;
  }
  EXPECT_GT(kernels, 60);
}

}  // namespace
}  // namespace sloy
