/// Weights that others trained and published, in our layers: they must be as
/// right as with their makers. Read from $SLOY_TEST_DATA.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "files/safetensors.h"
#include "harness/process.h"
#include "zoo/zoo.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::TemporaryDirectory;

/// $SLOY_TEST_DATA, or nothing.
std::filesystem::path test_data() {
  const char* set = std::getenv("SLOY_TEST_DATA");
  return set ? std::filesystem::absolute(set) : std::filesystem::path();
}

void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

/// PyTorch's weights by name, in our order of axes.
class Published {
 public:
  explicit Published(const std::string& path) : file_(path) {}

  Tensor vector(const std::string& name) { return file_.read(name); }
  /// (filters, channels, height, width) → (height, width, channels, filters)
  Tensor kernel(const std::string& name) { return transposed(name, {2, 3, 1, 0}); }
  /// (out, in) → (in, out)
  Tensor dense(const std::string& name) { return transposed(name, {1, 0}); }
  /// The same where the inputs were an image (channels, height, width).
  Tensor dense_of_image(const std::string& name, std::int64_t channels, std::int64_t height,
                        std::int64_t width) {
    const Tensor weights = file_.read(name);
    const std::int64_t units = weights.shape().size(0);
    const Tensor image =
        transpose_of(weights.reshaped({units, channels, height, width}), {2, 3, 1, 0});
    return image.reshaped({height * width * channels, units});
  }

 private:
  Tensor transposed(const std::string& name, std::vector<int> axes) {
    return transpose_of(file_.read(name), std::move(axes));
  }
  static Tensor transpose_of(const Tensor& tensor, std::vector<int> axes) {
    Graph graph;
    return evaluate(transpose(graph.constant(tensor), std::move(axes)));
  }

  SafetensorsReader file_;
};

void set_batch_normalization(Model& model, const std::string& layer, Published& published,
                             const std::string& name) {
  model.set_weight(layer + "/gamma", published.vector(name + ".weight"));
  model.set_weight(layer + "/beta", published.vector(name + ".bias"));
  model.set_weight(layer + "/moving_mean", published.vector(name + ".running_mean"));
  model.set_weight(layer + "/moving_variance", published.vector(name + ".running_var"));
}

double accuracy(Model& model, const data::Dataset& data) {
  model.compile(
      {.loss = SparseCategoricalCrossentropy{.from_logits = true}, .metrics = {Accuracy{}}});
  return model.evaluate(data, {.batch_size = 128}).logs["accuracy"];
}

TEST(PublishedModels, AnMnistNetIsAsRightAsItsMakersSay) {
  const std::filesystem::path data = test_data();
  if (data.empty()) GTEST_SKIP() << "SLOY_TEST_DATA is not set";
  Published published((data / "checkpoints/mnist-cnn-bn.safetensors").string());
  const auto convolution = [](int filters) {
    return Conv2D{.filters = filters, .kernel_size = 3, .activation = relu};
  };
  Sequential model{
      Input{28, 28, 1},   Normalization{.mean = {0.1307}, .variance = {0.3081 * 0.3081}},
      convolution(8),     convolution(16),
      convolution(24),    BatchNormalization{.epsilon = 1e-5},
      Flatten{},          Dense{.units = 32, .activation = relu},
      Dense{.units = 10}, BatchNormalization{.epsilon = 1e-5}};
  const std::vector<std::string> layers{"conv2d", "conv2d_1", "conv2d_2"};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = "conv" + std::to_string(i + 1);
    model.set_weight(layers[i] + "/kernel", published.kernel(name + ".weight"));
    model.set_weight(layers[i] + "/bias", published.vector(name + ".bias"));
  }
  model.set_weight("dense/kernel", published.dense_of_image("fc1.weight", 24, 22, 22));
  model.set_weight("dense/bias", published.vector("fc1.bias"));
  model.set_weight("dense_1/kernel", published.dense("fc2.weight"));
  model.set_weight("dense_1/bias", published.vector("fc2.bias"));
  set_batch_normalization(model, "batch_normalization", published, "norm1");
  set_batch_normalization(model, "batch_normalization_1", published, "norm2");
  const data::Dataset test = data::mnist((data / "mnist").string()).test.take(2000);
  EXPECT_NEAR(accuracy(model, test), 0.989, 1e-9);
}

/// The CIFAR-10 format: a byte of label, then 32×32 pixels of each colour.
data::Dataset cifar10(const std::string& path, std::int64_t count) {
  const std::string bytes = bytes_of_file(path);
  constexpr std::int64_t pixels = 32 * 32, record = 1 + 3 * pixels;
  Tensor images(DType::uint8, {count, 32, 32, 3});
  std::vector<std::int32_t> labels;
  auto out = images.mutable_values<std::uint8_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<std::uint8_t>(bytes.at(static_cast<std::size_t>(i * record))));
    for (std::int64_t p = 0; p < 3 * pixels; ++p) {
      out[static_cast<std::size_t>((i * pixels + p % pixels) * 3 + p / pixels)] =
          static_cast<std::uint8_t>(bytes.at(static_cast<std::size_t>(i * record + 1 + p)));
    }
  }
  return data::from_tensors(images, Tensor({count}, labels));
}

/// The published network behind its normalisation of the pixels.
Model with_pixels(Model net) {
  const std::vector<double> deviation{0.229, 0.224, 0.225};
  std::vector<double> variance;
  for (double d : deviation) variance.push_back(d * d);
  const Symbol image = Input{32, 32, 3};
  return {image, net(Normalization{.mean = {0.485, 0.456, 0.406}, .variance = variance}(image))};
}

TEST(PublishedModels, ResNet20IsAsRightAsItsMakersSay) {
  const std::filesystem::path data = test_data();
  if (data.empty()) GTEST_SKIP() << "SLOY_TEST_DATA is not set";
  const TemporaryDirectory directory;
  const std::string weights = directory / "resnet20.safetensors";
  run("python3 tests/oracle/convert_legacy_checkpoint.py '" +
      (data / "checkpoints/resnet20-12fca82f.th").string() + "' '" + weights + "'");
  run("tar -xJf '" + (data / "cifar10-exact/cifar-10-exact-subset.tar.xz").string() + "' -C '" +
      directory.path().string() + "' test_batch.bin");
  Published published(weights);
  Model net = zoo::resnet_cifar(3);
  int number = 0;
  const auto numbered = [&](const std::string& name) {
    return number == 0 ? name : name + "_" + std::to_string(number);
  };
  const auto set = [&](const std::string& convolution, const std::string& normalization) {
    net.set_weight(numbered("conv2d") + "/kernel", published.kernel(convolution + ".weight"));
    set_batch_normalization(net, numbered("batch_normalization"), published, normalization);
    ++number;
  };
  set("module.conv1", "module.bn1");
  for (int layer = 1; layer <= 3; ++layer) {
    for (int block = 0; block < 3; ++block) {
      const std::string name =
          "module.layer" + std::to_string(layer) + "." + std::to_string(block) + ".";
      set(name + "conv1", name + "bn1");
      set(name + "conv2", name + "bn2");
    }
  }
  net.set_weight("dense/kernel", published.dense("module.linear.weight"));
  net.set_weight("dense/bias", published.vector("module.linear.bias"));
  Model model = with_pixels(net);
  EXPECT_EQ(std::lround(accuracy(model, cifar10(directory / "test_batch.bin", 1017)) * 1017), 932);
}

}  // namespace
}  // namespace sloy
