#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <cstring>

#include "harness/memory_files.h"
#include "harness/messages.h"
#include "train/trainer.h"

namespace sloy {
namespace {

using harness::message_of;

const std::filesystem::path directory = "run";

/// A model that lets its content be seen.
struct OpenModel : Sequential {
  explicit OpenModel(int units = 3) : Sequential{Input{2}, Dense{.units = units}} {
    compile({.optimizer = Adam{}, .loss = MeanSquaredError{}, .seed = 5});
    data::Spec spec;
    spec.features = {DType::float32, {2}};
    spec.target = {DType::float32, {units}};
    trainer_for(*impl_, spec, 4);
  }
  Impl& impl() { return *impl_; }
  /// Other numbers in every variable of the state.
  void put(double value) {
    const Variables& variables = *impl_->state.variables();
    for (VariableId id = 0; id < variables.size(); ++id) {
      Tensor numbers(DType::float64, variables[id].type.shape);
      for (double& number : numbers.mutable_values<double>()) number = value += 0.125;
      impl_->state.set(id, numbers);
    }
  }
};

bool same_bytes(const State& a, const State& b) {
  return a.bytes().size() == b.bytes().size() &&
         std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0;
}

Progress progress_after(int epochs) {
  Progress progress;
  progress.epochs_done = epochs;
  progress.seed = 5;
  progress.batch_size = 4;
  progress.examples = 8;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    progress.history.epoch.push_back(epoch);
    progress.history.logs.emplace_back().set("loss", 1.0 / (epoch + 3));
  }
  return progress;
}

std::filesystem::path file(int epochs) {
  return directory / ("epoch-0000" + std::to_string(epochs) + ".safetensors");
}

TEST(Checkpoint, ComesBackBitForBit) {
  harness::MemoryFiles files;
  OpenModel model;
  model.put(0.1);
  const State kept = model.impl().state;
  model.put(1.0 / 3);
  const State state = model.impl().state;
  Progress progress = progress_after(2);
  progress.stopped = true;
  save_checkpoint(directory, model.impl(), progress, {{"best of all", kept}}, files);

  model.put(7);
  KeptWeights weights;
  const auto back = load_checkpoint(directory, model.impl(), progress_after(0), weights, files);
  ASSERT_TRUE(back);
  EXPECT_TRUE(same_bytes(model.impl().state, state));
  ASSERT_EQ(weights.size(), 1u);
  EXPECT_TRUE(same_bytes(weights.at("best of all"), kept));
  EXPECT_EQ(back->epochs_done, 2);
  EXPECT_TRUE(back->stopped);
  EXPECT_EQ(back->history.epoch, (std::vector{0, 1}));
  EXPECT_EQ(back->history["loss"], (std::vector{1.0 / 3, 1.0 / 4}));
}

TEST(Checkpoint, TheLastTwoStay) {
  harness::MemoryFiles files;
  OpenModel model;
  for (int epochs = 1; epochs <= 4; ++epochs) {
    save_checkpoint(directory, model.impl(), progress_after(epochs), {}, files);
  }
  EXPECT_EQ(files.names(), (std::vector{file(3).string(), file(4).string()}));
}

/// Whatever call is the last before the power fails, the disk then holds a whole checkpoint: the
/// one before, or the new one.
TEST(Checkpoint, OneIsWholeAfterACrashAtAnyMoment) {
  OpenModel model;
  model.put(1);
  const State first = model.impl().state;
  model.put(2);
  const State second = model.impl().state;
  bool finished = false;
  for (int calls = 0; !finished; ++calls) {
    harness::MemoryFiles files;
    model.impl().state = first;
    save_checkpoint(directory, model.impl(), progress_after(1), {}, files);
    model.impl().state = second;
    files.fail_after = files.calls + calls;
    files.everything_fails = true;
    try {
      save_checkpoint(directory, model.impl(), progress_after(2), {}, files);
      finished = true;
    } catch (const FileError&) {
    }

    harness::MemoryFiles disk;
    for (int epochs : {1, 2}) {
      try {
        disk.put(file(epochs), files.durable(file(epochs)));
      } catch (const std::out_of_range&) {
      }
    }
    KeptWeights kept;
    const auto found = load_checkpoint(directory, model.impl(), progress_after(0), kept, disk);
    ASSERT_TRUE(found) << "after " << calls << " calls";
    EXPECT_TRUE(same_bytes(model.impl().state, found->epochs_done == 1 ? first : second));
    EXPECT_TRUE(!finished || found->epochs_done == 2);
  }
}

/// Every byte of the file counts: none may be changed without its being noticed, or meaning
/// nothing.
TEST(Checkpoint, ADamagedOneIsPassedOver) {
  harness::MemoryFiles files;
  OpenModel model;
  model.put(1);
  const State first = model.impl().state;
  save_checkpoint(directory, model.impl(), progress_after(1), {}, files);
  model.put(2);
  const State second = model.impl().state;
  save_checkpoint(directory, model.impl(), progress_after(2), {}, files);
  const std::vector<std::byte> whole = files.get(file(2));
  int passed_over = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::vector<std::byte> damaged = whole;
    damaged[at] ^= std::byte{1};
    files.put(file(2), damaged);
    KeptWeights kept;
    const auto found = load_checkpoint(directory, model.impl(), progress_after(0), kept, files);
    ASSERT_TRUE(found) << "byte " << at;
    EXPECT_TRUE(same_bytes(model.impl().state, found->epochs_done == 1 ? first : second))
        << "byte " << at;
    EXPECT_EQ(found->notices.size(), found->epochs_done == 1 ? 1u : 0u) << "byte " << at;
    if (found->epochs_done == 1) ++passed_over;
  }
  EXPECT_GT(passed_over, 0);
}

TEST(Checkpoint, ThatIsPassedOverIsNamed) {
  harness::MemoryFiles files;
  OpenModel model;
  save_checkpoint(directory, model.impl(), progress_after(1), {}, files);
  save_checkpoint(directory, model.impl(), progress_after(2), {}, files);
  std::vector<std::byte> damaged = files.get(file(2));
  damaged.back() ^= std::byte{1};
  files.put(file(2), damaged);
  KeptWeights kept;
  const auto found = load_checkpoint(directory, model.impl(), progress_after(0), kept, files);
  ASSERT_EQ(found->notices.size(), 1u);
  EXPECT_STREQ(found->notices[0].what(),
               "a checkpoint that can't be read was passed over\n"
               "  file      run/epoch-00002.safetensors\n"
               "  reason    the checkpoint is damaged: its checksum is another\n"
               "  instead   epoch-00001.safetensors\n"
               "  to fix    nothing needs to be done: the epochs since are trained again");
}

TEST(Checkpoint, WhereAllAreDamagedThatIsAnError) {
  harness::MemoryFiles files;
  OpenModel model;
  files.put(file(1), harness::bytes_of("no checkpoint at all"));
  KeptWeights kept;
  EXPECT_EQ(
      message_of([&] { load_checkpoint(directory, model.impl(), progress_after(0), kept, files); }),
      "none of the checkpoints can be read\n"
      "  directory   run                       1 checkpoints\n"
      "  oldest      epoch-00001.safetensors   the header would be 7738140083766718318 bytes, at "
      "most 16777216 are read\n"
      "  to fix      begin anew in another directory");
}

TEST(Checkpoint, ThereMayBeNone) {
  harness::MemoryFiles files;
  OpenModel model;
  KeptWeights kept;
  EXPECT_FALSE(load_checkpoint(directory, model.impl(), progress_after(0), kept, files));
}

TEST(Checkpoint, OfAnotherModelIsRefusedNotPassedOver) {
  harness::MemoryFiles files;
  OpenModel model;
  save_checkpoint(directory, model.impl(), progress_after(1), {}, files);
  OpenModel other(4);
  other.put(1);
  const State before = other.impl().state;
  KeptWeights kept;
  EXPECT_EQ(
      message_of([&] { load_checkpoint(directory, other.impl(), progress_after(0), kept, files); }),
      "the checkpoint is of another training: its model differs\n"
      "  checkpoint   run/epoch-00001.safetensors\n"
      "  there        another\n"
      "  here         see the summary\n"
      "  to fix       resume with the settings it was begun with, or begin anew in another "
      "directory");
  EXPECT_TRUE(same_bytes(other.impl().state, before));
}

TEST(Checkpoint, ATrainingThatBeginsWantsADirectoryOfItsOwn) {
  harness::MemoryFiles files;
  check_empty(directory, files);
  OpenModel model;
  save_checkpoint(directory, model.impl(), progress_after(1), {}, files);
  EXPECT_EQ(message_of([&] { check_empty(directory, files); }),
            "the directory holds checkpoints of another training\n"
            "  directory   run\n"
            "  newest      epoch-00001.safetensors\n"
            "  to fix      resume that training, or choose another directory");
}

}  // namespace
}  // namespace sloy
