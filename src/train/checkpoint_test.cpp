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
    spec.targets = {DType::float32, {units}};
    trainer_for(*impl_, spec, 4, {});
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

/// One that is synced, as the first of every fit is.
void save_checkpoint(OpenModel& model, const Progress& progress, const KeptWeights& kept,
                     FileSystem& files) {
  CheckpointWriter(directory, files).save(model.impl(), progress, kept);
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
  save_checkpoint(model, progress, {{"best of all", kept}}, files);

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

TEST(Checkpoint, TheLastTwoStayAndOneThatIsOnTheDisk) {
  harness::MemoryFiles files;
  ManualClock clock;
  OpenModel model;
  CheckpointWriter writer(directory, files, clock);
  const auto after = [&](int epochs) {
    writer.save(model.impl(), progress_after(epochs), {});
    return files.names();
  };
  const auto named = [](std::initializer_list<int> epochs) {
    std::vector<std::string> names;
    for (int epoch : epochs) names.push_back(file(epoch));
    return names;
  };
  EXPECT_EQ(after(1), named({1}));
  EXPECT_EQ(after(2), named({1, 2}));
  clock.advance(9.9);
  EXPECT_EQ(after(3), named({1, 2, 3}));
  EXPECT_EQ(after(4), named({1, 3, 4}));
  clock.advance(0.2);
  EXPECT_EQ(after(5), named({4, 5}));
  EXPECT_EQ(after(6), named({5, 6}));
  EXPECT_EQ(after(7), named({5, 6, 7}));
  writer.finish();
  EXPECT_EQ(files.names(), named({6, 7}));
}

/// What a power cut after `calls` calls of the file system leaves of six epochs, three seconds
/// each. Names that were not synced may be on the disk all the same, without what they stand for.
struct PowerCut {
  harness::MemoryFiles durable;        ///< names as of the directory's last sync
  harness::MemoryFiles names_as_seen;  ///< names as the program saw them
  int epochs_saved = 0;
  bool finished = false;

  PowerCut(OpenModel& model, int calls) {
    harness::MemoryFiles files;
    files.fail_after = calls;
    files.everything_fails = true;
    ManualClock clock;
    CheckpointWriter writer(directory, files, clock);
    try {
      for (int epochs = 1; epochs <= 6; ++epochs) {
        model.put(epochs);
        writer.save(model.impl(), progress_after(epochs), {});
        epochs_saved = epochs;
        clock.advance(3);
      }
      writer.finish();
      finished = true;
    } catch (const FileError&) {
    }
    for (int epochs = 1; epochs <= 6; ++epochs) {
      if (files.is_durable(file(epochs))) durable.put(file(epochs), files.durable(file(epochs)));
      if (files.exists(file(epochs))) names_as_seen.put(file(epochs), files.synced(file(epochs)));
    }
  }
};

/// Whatever call is the last before the power fails, the disk then holds a whole checkpoint, of an
/// epoch that ended at most ten seconds before, or the last one where the fit had ended.
TEST(Checkpoint, OneIsWholeAfterAPowerCutAtAnyMoment) {
  OpenModel model;
  bool finished = false;
  for (int calls = 0; !finished; ++calls) {
    PowerCut cut(model, calls);
    finished = cut.finished;
    if (cut.epochs_saved == 0) continue;
    const int least = finished ? 6 : std::max(1, cut.epochs_saved - 3);
    for (harness::MemoryFiles* disk : {&cut.durable, &cut.names_as_seen}) {
      KeptWeights kept;
      const auto found = load_checkpoint(directory, model.impl(), progress_after(0), kept, *disk);
      ASSERT_TRUE(found) << "after " << calls << " calls";
      EXPECT_GE(found->epochs_done, least) << "after " << calls << " calls";
      const State loaded = model.impl().state;
      model.put(found->epochs_done);
      EXPECT_TRUE(same_bytes(loaded, model.impl().state));
    }
  }
}

/// A process that ends takes nothing with it that it had written.
TEST(Checkpoint, TheLastIsWholeAfterTheProcessIsKilledAtAnyMoment) {
  OpenModel model;
  for (int calls = 0;; ++calls) {
    harness::MemoryFiles files;
    ManualClock clock;
    CheckpointWriter writer(directory, files, clock);
    int saved = 0;
    files.fail_after = calls;
    files.everything_fails = true;
    try {
      for (; saved < 3; ++saved) writer.save(model.impl(), progress_after(saved + 1), {});
    } catch (const FileError&) {
    }
    KeptWeights kept;
    files.fail_after = 1 << 30;
    const auto found = load_checkpoint(directory, model.impl(), progress_after(0), kept, files);
    EXPECT_GE(found ? found->epochs_done : 0, saved) << "after " << calls << " calls";
    EXPECT_TRUE(!found || found->notices.empty());
    if (saved == 3) break;
  }
}

/// Every byte of the file counts: none may be changed without its being noticed, or meaning
/// nothing.
TEST(Checkpoint, ADamagedOneIsPassedOver) {
  harness::MemoryFiles files;
  OpenModel model;
  model.put(1);
  const State first = model.impl().state;
  save_checkpoint(model, progress_after(1), {}, files);
  model.put(2);
  const State second = model.impl().state;
  save_checkpoint(model, progress_after(2), {}, files);
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
  save_checkpoint(model, progress_after(1), {}, files);
  save_checkpoint(model, progress_after(2), {}, files);
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
  save_checkpoint(model, progress_after(1), {}, files);
  OpenModel other(4);
  other.put(1);
  const State before = other.impl().state;
  KeptWeights kept;
  EXPECT_EQ(
      message_of([&] { load_checkpoint(directory, other.impl(), progress_after(0), kept, files); }),
      "the checkpoint is of another training: not of the same model\n"
      "  checkpoint   run/epoch-00001.safetensors\n"
      "  there        layer.1.units = 3\n"
      "  here         layer.1.units = 4\n"
      "  to fix       resume with the settings it was begun with, or begin anew in another "
      "directory");
  EXPECT_TRUE(same_bytes(other.impl().state, before));
}

TEST(Checkpoint, ATrainingThatBeginsWantsADirectoryOfItsOwn) {
  harness::MemoryFiles files;
  check_empty(directory, files);
  OpenModel model;
  save_checkpoint(model, progress_after(1), {}, files);
  EXPECT_EQ(message_of([&] { check_empty(directory, files); }),
            "the directory holds checkpoints of another training\n"
            "  directory   run\n"
            "  newest      epoch-00001.safetensors\n"
            "  to fix      resume that training, or choose another directory");
}

}  // namespace
}  // namespace sloy
