/// `sloy summary` and `sloy plan`: nothing is trained.
#include <zlib.h>

#include <fstream>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::Arguments;
using harness::bytes_of_file;
using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::run_sloy;

TEST_F(CommandLine, PlansAndSummarizesByTheDatasHeadersAlone) {
  using namespace std::string_literals;
  const auto pack = [&](const std::string& name, const std::string& bytes) {
    gzFile file = gzopen((directory_ / (name + ".gz")).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  };
  for (const std::string part : {"train", "t10k"}) {
    pack(part + "-images-idx3-ubyte", "\0\0\x8\x3\0\0\x1\0\0\0\0\x1c\0\0\0\x1c"s);
    pack(part + "-labels-idx1-ubyte", "\0\0\x8\x1\0\0\x1\0"s);
  }
  const Arguments net{"--model", "mlp", "--data", "mnist", "--data-dir", directory_.path()};
  const auto run = [&](Arguments command) {
    command.insert(command.end(), net.begin(), net.end());
    return run_sloy(command);
  };
  EXPECT_EQ(run({"plan"}).exit_code, 0) << run({"plan"}).err;
  EXPECT_EQ(run({"summary"}).exit_code, 0) << run({"summary"}).err;
  const Finished refused = run({"train", "--out", at("run")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(holds(refused.err, "the file ends within the elements")) << refused.err;
}

TEST_F(CommandLine, PlansForABatchAsLargeAsTheData) {
  for (const std::int64_t size : {std::int64_t{1} << 31, std::int64_t{1} << 37}) {
    const std::string batch = "train.batch_size=" + std::to_string(size);
    for (const char* model : {"mlp", "cnn"}) {
      const Finished plan = run_sloy({"plan", "--model", model, "--set", batch, "--json"});
      ASSERT_EQ(plan.exit_code, 0) << plan.err;
      // The images and their labels, of the validation too.
      EXPECT_EQ(events(plan).back().at("input_bytes").as_integer(), 60'000 * (28 * 28 + 4));
    }
  }
}

TEST_F(CommandLine, TellsADamagedModelFromARecipe) {
  ASSERT_EQ(train("run", {"--quiet"}).exit_code, 0);
  const std::string whole = bytes_of_file(at("run/model.safetensors"));
  for (std::size_t length : {std::size_t{100}, whole.size() - 10}) {
    for (const char* name : {"cut.safetensors", "cut"}) {
      std::ofstream(at(name), std::ios::binary) << whole.substr(0, length);
      const Finished refused = run_sloy({"summary", at(name)});
      EXPECT_EQ(refused.exit_code, 2);
      EXPECT_TRUE(holds(refused.err, "the file is damaged or incomplete")) << refused.err;
    }
  }
  std::ofstream(at("whole"), std::ios::binary) << whole;
  EXPECT_EQ(run_sloy({"summary", at("whole")}).exit_code, 0);
}

}  // namespace
}  // namespace sloy
