/// Types of one's own that have the name of a built-in one.
#include <gtest/gtest.h>
#include <sloy/model.h>

#include "harness/messages.h"
#include "harness/process.h"

namespace own {

using sloy::Value;

struct Flatten {
  Value call(sloy::Scope&, Value x) const { return x * 3.0; }
  static void fields(auto&&) {}
};
struct MeanSquaredError {
  Value call(Value target, Value prediction) const { return 3.0 * (target - prediction); }
  static void fields(auto&&) {}
};
struct RenamedFlatten : Flatten {
  static constexpr std::string_view type_name = "TimesThree";
};

}  // namespace own

namespace sloy {
namespace {

using harness::message_of;
using harness::TemporaryDirectory;

std::string two_named(const std::string& kind, const std::string& name,
                      const std::string& notes = {}) {
  return "two " + kind + " types are named '" + name + "': a file could not tell them apart\n" +
         notes +
         "  to fix   give yours another name in files: static constexpr std::string_view type_name "
         "= \"My" +
         name + "\";";
}

TEST(OwnTypes, OfABuiltInsNameAreNotWritten) {
  const TemporaryDirectory folder;
  const Sequential model{Input{2}, own::Flatten{}};
  EXPECT_EQ(message_of([&] { model.save(folder / "model"); }),
            two_named("layer", "Flatten", "  layer    flatten   Flatten\n"));
  EXPECT_EQ(message_of([] { to_config(Loss(own::MeanSquaredError{})); }),
            two_named("loss", "MeanSquaredError"));
  EXPECT_EQ(message_of([] { to_config(Metric(own::MeanSquaredError{})); }),
            two_named("metric", "MeanSquaredError"));
}

TEST(OwnTypes, OfABuiltInsNameAreNotRead) {
  const TemporaryDirectory folder;
  const std::string file = folder / "model";
  Sequential{Input{2}, Flatten{}}.save(file);
  EXPECT_EQ(message_of([&] {
              Model::load(file, {.custom = {.layers = {register_layer<own::Flatten>()}}});
            }),
            two_named("layer", "Flatten", "  where    " + file + ":1\n  file     " + file + "\n"));
}

TEST(OwnTypes, AreFineUnderAnotherName) {
  const TemporaryDirectory folder;
  Sequential{Input{1}, own::RenamedFlatten{}}.save(folder / "model");
  Model loaded = Model::load(folder / "model",
                             {.custom = {.layers = {register_layer<own::RenamedFlatten>()}}});
  EXPECT_EQ(loaded.predict(Tensor({1, 1}, {2.0f})), Tensor({1, 1}, {6.0f}));
}

struct Tuned {
  float factor = 2;
  Value call(Scope&, Value x) const { return x * factor; }
  static void fields(auto&& field) { field("factor", &Tuned::factor); }
};

struct Retuned : Tuned {};

TEST(OwnTypes, MayInheritTheirFields) {
  EXPECT_EQ(to_config(Layer(Retuned{{.factor = 4}})).at("factor").as_number(), 4);
}

TEST(OwnTypes, MayHaveFloatFields) {
  const TemporaryDirectory folder;
  Sequential{Input{1}, Tuned{.factor = 0.1f}}.save(folder / "model");
  Model loaded = Model::load(folder / "model", {.custom = {.layers = {register_layer<Tuned>()}}});
  EXPECT_EQ(loaded.predict(Tensor({1, 1}, {3.0f})), Tensor({1, 1}, {0.1f * 3.0f}));
}

}  // namespace
}  // namespace sloy
