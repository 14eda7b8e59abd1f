/// Writes a data set of random images and labels, which no disk can compress and no cache guess:
/// packed data of any size or, to read the same into memory, npy arrays.
#include <fmt/format.h>
#include <sloy/data_records.h>
#include <sloy/error.h>
#include <sloy/io.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>

namespace {

using namespace sloy;

/// SplitMix64's output function (Steele, Lea and Flood 2014): random bits of a number.
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

constexpr int num_classes = 10;

struct RandomImages {
  std::int64_t count;
  std::int64_t side;

  std::int64_t size() const { return count; }
  data::Spec spec() const {
    return {.features = {DType::uint8, {side, side, 3}},
            .targets = {DType::int32, {}},
            .num_classes = num_classes};
  }
  void read(std::int64_t index, const data::Slot& slot) const {
    std::uint64_t state = mixed(static_cast<std::uint64_t>(index) + 1);
    slot.target_as<std::int32_t>()[0] = static_cast<std::int32_t>(state % num_classes);
    std::uint64_t bits = 0;
    int left = 0;
    for (std::byte& byte : slot.features[0]) {
      if (left == 0) {
        bits = mixed(state += 0x9e3779b97f4a7c15);
        left = 8;
      }
      byte = static_cast<std::byte>(bits);
      bits >>= 8;
      --left;
    }
  }
};

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || end != text.end() || value < 1) {
    throw ConfigError(fmt::format("'{}' is no number above 0", text));
  }
  return value;
}

int run(int argc, char** argv) {
  const std::string_view form = argc == 5 ? argv[1] : "";
  if (form != "packed" && form != "arrays") {
    std::fprintf(stderr, "usage: bench_random_records packed|arrays DIRECTORY EXAMPLES SIDE\n");
    return 2;
  }
  const std::string directory = argv[2];
  const RandomImages images{.count = number(argv[3]), .side = number(argv[4])};
  if (form == "packed") {
    data::pack(data::Parts{{.train = images, .test = {}}}, directory);
    return 0;
  }
  std::filesystem::create_directories(directory);
  const data::Dataset all = data::Dataset(images).cached();
  Tensor labels(DType::int32, {all.size()});
  const std::vector<std::int32_t> given = all.labels();
  std::copy(given.begin(), given.end(), labels.mutable_values<std::int32_t>().begin());
  write_tensor(directory + "/x_train.npy", all.features()[0]);
  write_tensor(directory + "/y_train.npy", labels);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
