#include <gtest/gtest.h>
#include <sloy/model.h>

#include <cmath>
#include <limits>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

TEST(History, ComesBackFromTextWithAllItsDigits) {
  History history;
  for (int epoch : {3, 4}) {
    history.epoch.push_back(epoch);
    Logs& logs = history.logs.emplace_back();
    logs.set("loss", 1.0 / (epoch + 7));
    logs.set("val_loss", std::numeric_limits<double>::infinity());
  }
  History back;
  from_config(parse_json(to_json(to_config(history))), back);
  EXPECT_EQ(back.epoch, history.epoch);
  EXPECT_EQ(back["loss"], history["loss"]);
  EXPECT_EQ(back["val_loss"], history["val_loss"]);
  EXPECT_EQ(back.logs[0].begin()->first, "loss") << "figures keep their order";
}

TEST(Logs, HoldTheLastValueOfEachFigureInTheOrderOfTheFirst) {
  Logs logs;
  logs.set("loss", 1);
  logs.set("accuracy", 0.5);
  logs.set("loss", 2);
  EXPECT_EQ(logs.size(), 2u);
  EXPECT_EQ(logs["loss"], 2);
  EXPECT_EQ(logs.begin()->first, "loss");
  EXPECT_FALSE(logs.find("val_loss"));
}

TEST(Logs, SayWhichFiguresThereAre) {
  Logs logs;
  logs.set("loss", 1);
  logs.set("accuracy", 0.5);
  EXPECT_EQ(message_of([&] { logs["acuracy"]; }),
            "there is no figure 'acuracy'\n"
            "  figures   loss, accuracy");
}

}  // namespace
}  // namespace sloy
