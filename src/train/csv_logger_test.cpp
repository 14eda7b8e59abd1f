#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "harness/messages.h"
#include "harness/process.h"
#include "train/fake_run.h"

namespace sloy {
namespace {

using harness::message_of;

class CSVLoggerTest : public testing::Test {
 protected:
  CSVLoggerTest() { run_.names = {"loss", "val_loss"}; }

  std::string path() const { return directory_ / "logs/log.csv"; }
  std::string text() const { return harness::bytes_of_file(path()); }
  void put(const std::string& content) {
    std::filesystem::create_directories(directory_ / "logs");
    std::ofstream(path()) << content;
  }
  void epoch(CSVLogger& logger, int number, double loss, double val_loss) {
    run_.now = number;
    logger.on_epoch_end(run_, logs_of(run_, {loss, val_loss}));
  }

  harness::TemporaryDirectory directory_;
  FakeRun run_;
};

TEST_F(CSVLoggerTest, WritesALineAnEpochAtOnce) {
  CSVLogger logger{.filename = path()};
  logger.on_train_begin(run_);
  EXPECT_EQ(text(), "epoch,loss,val_loss,learning_rate\n");
  epoch(logger, 0, 0.5, 1.25);
  EXPECT_EQ(text(), "epoch,loss,val_loss,learning_rate\n0,0.5,1.25,0.001\n");
  run_.rate = 0.1;
  epoch(logger, 1, 1.0 / 3, 2);
  EXPECT_EQ(text(),
            "epoch,loss,val_loss,learning_rate\n0,0.5,1.25,0.001\n1,0.3333333333333333,2,0.1\n")
      << "numbers keep all their digits";
  EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
}

TEST_F(CSVLoggerTest, TakesAnotherSeparator) {
  CSVLogger logger{.filename = path(), .separator = ";"};
  logger.on_train_begin(run_);
  epoch(logger, 0, 1, 2);
  EXPECT_EQ(text(), "epoch;loss;val_loss;learning_rate\n0;1;2;0.001\n");
}

TEST_F(CSVLoggerTest, BeginsAnewUnlessItAppends) {
  put("epoch,loss,val_loss,learning_rate\n0,9,9,9\n");
  CSVLogger appending{.filename = path(), .append = true};
  appending.on_train_begin(run_);
  epoch(appending, 0, 1, 2);
  appending.on_train_end(run_, {});
  EXPECT_EQ(text(), "epoch,loss,val_loss,learning_rate\n0,9,9,9\n0,1,2,0.001\n");

  CSVLogger anew{.filename = path()};
  anew.on_train_begin(run_);
  EXPECT_EQ(text(), "epoch,loss,val_loss,learning_rate\n");
}

/// A crash after a line and before its epoch's checkpoint: the epoch is run again.
TEST_F(CSVLoggerTest, AResumedFitLeavesTheFileOfOneNeverInterrupted) {
  put("epoch,loss,val_loss,learning_rate\n0,1,2,0.001\n1,3,4,0.001\n2,5");
  run_.goes_on = true;
  run_.now = 1;
  CSVLogger logger{.filename = path()};
  logger.on_train_begin(run_);
  epoch(logger, 1, 3, 4);
  epoch(logger, 2, 5, 6);
  EXPECT_EQ(text(), "epoch,loss,val_loss,learning_rate\n0,1,2,0.001\n1,3,4,0.001\n2,5,6,0.001\n");
}

TEST_F(CSVLoggerTest, NeedsAName) {
  CSVLogger logger;
  EXPECT_EQ(message_of([&] { logger.on_train_begin(run_); }),
            "CSVLogger needs the name of a file\n"
            "  to fix   give .filename = \"log.csv\"");
}

}  // namespace
}  // namespace sloy
