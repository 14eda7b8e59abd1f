/// `sloy data pack`, and training on what it wrote.
#include <sloy/io.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "command_line/command_line.h"

namespace sloy {
namespace {

using harness::bytes_of_file;
using harness::CommandLine;
using harness::events;
using harness::Finished;
using harness::holds;
using harness::refusal;
using harness::run_sloy;

/// The same bytes whether the examples are read from packed files or made anew.
TEST_F(CommandLine, TrainsOnPackedDataAsOnThoseThatWerePacked) {
  std::string categorical(harness::moons_recipe);
  categorical.replace(categorical.find("[data]"), 6, "[data]\nlabel_mode = \"categorical\"");
  std::ofstream(at("categorical.toml")) << categorical;
  const Finished packed =
      run_sloy({"data", "pack", at("categorical.toml"), "--out", at("packed"), "--json"});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  const auto parts = events(packed);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].at("event").as_string(), "packed");
  EXPECT_EQ(parts[0].at("part").as_string(), "train");
  EXPECT_EQ(parts[1].at("part").as_string(), "test");
  EXPECT_EQ(parts[1].at("file").as_string(), at("packed/test.sloydata"));
  for (const Config& part : parts) {
    EXPECT_EQ(static_cast<std::uintmax_t>(part.at("bytes").as_integer()),
              std::filesystem::file_size(part.at("file").as_string()));
  }

  ASSERT_EQ(train("made", {"--quiet"}).exit_code, 0);
  const Finished read = train("read", {"--quiet", "--data", at("packed")});
  ASSERT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(bytes_of_file(at("read/model.safetensors")),
            bytes_of_file(at("made/model.safetensors")))
      << "labels are numbers in the files, whatever the recipe makes of them";
  EXPECT_TRUE(holds(bytes_of_file(at("read/recipe.toml")), "kind = \"records\""));
  const Finished show = run_sloy({"data", "show", at("packed"), "--json"});
  EXPECT_EQ(events(show).at(0).at("examples").as_integer(), parts[0].at("examples").as_integer());
  const Finished plan = run_sloy({"plan", at("read/recipe.toml")});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
}

TEST_F(CommandLine, PacksExamplesAsTheyAre) {
  EXPECT_EQ(
      refusal({"data", "pack", "moons", "--out", at("packed"), "--set", "data.validation=0.2"}),
      "error: packed data are the examples as they are: validation is said to a training\n"
      "  where    --set data.validation=0.2\n"
      "  to fix   leave it out, and give it to sloy train\n");
  EXPECT_FALSE(std::filesystem::exists(at("packed")));
}

TEST_F(CommandLine, PacksIntoNothingThatIsThere) {
  const Finished packed = run_sloy({"data", "pack", "moons", "--out", at("packed")});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_TRUE(packed.out.starts_with("train       400 examples, ")) << packed.out;
  EXPECT_EQ(packed.err, "") << "no terminal, no progress";
  EXPECT_EQ(refusal({"data", "pack", "circles", "--out", at("packed")}),
            "error: the directory holds something already\n"
            "  path     " +
                at("packed") + "\n  to fix   name another, or remove it\n");
  EXPECT_EQ(refusal({"data", "pack", "circles", "--out", recipe_file()}),
            "error: a file stands where a directory is needed\n"
            "  path     " +
                recipe_file() + "\n  to fix   name another place\n");
}

/// What is wrong with an example is told with the place it has in its file, in whichever order a
/// training comes to it.
TEST_F(CommandLine, NamesTheExampleThatIsRefused) {
  std::vector<float> rows(3 * 8, 0.5F);
  rows[3 * 5 + 1] = std::numeric_limits<float>::infinity();
  write_tensor(at("x_train.npy"), Tensor({8, 3}, rows));
  write_tensor(at("y_train.npy"), Tensor({8}, std::vector<std::int32_t>{0, 1, 0, 1, 0, 1, 0, 1}));
  const Finished trained = run_sloy({"train", "--model", "table-classification", "--data",
                                     directory_.path(), "--out", at("run"), "--quiet"});
  EXPECT_NE(trained.exit_code, 0);
  EXPECT_TRUE(holds(trained.err, "\n  example    " + at("x_train.npy") + "[5]\n")) << trained.err;
}

/// A file that got damaged ends the training with its name.
TEST_F(CommandLine, NamesThePackedFileThatIsDamaged) {
  ASSERT_EQ(run_sloy({"data", "pack", "moons", "--out", at("packed")}).exit_code, 0);
  const std::string file = at("packed/train.sloydata");
  std::string bytes = bytes_of_file(file);
  bytes[bytes.size() - 100] ^= 1;
  std::ofstream(file, std::ios::binary) << bytes;
  const Finished trained = train("run", {"--quiet", "--data", at("packed")});
  EXPECT_NE(trained.exit_code, 0);
  EXPECT_TRUE(holds(trained.err, "records have another checksum than when they were written"))
      << trained.err;
  EXPECT_TRUE(holds(trained.err, file)) << trained.err;
}

}  // namespace
}  // namespace sloy
