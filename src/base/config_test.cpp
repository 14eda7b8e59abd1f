#include <gtest/gtest.h>
#include <sloy/fields.h>

#include <cmath>
#include <limits>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

TEST(Json, KeepsKindsAndOrder) {
  const std::string text =
      R"({"z":1,"a":1.0,"text":"\"ü\n","list":[true,false,null,[],{}],"small":1e-300,"big":-9223372036854775808})";
  const Config config = parse_json(text);
  EXPECT_EQ(to_json(config), text);
  EXPECT_TRUE(config.at("z").is_integer());
  EXPECT_FALSE(config.at("a").is_integer());
  EXPECT_EQ(config.at("text").as_string(), "\"ü\n");
}

TEST(Json, NumbersRoundTrip) {
  for (double number : {0.1, 1.0 / 3.0, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 123456789.0}) {
    const double back = parse_json(to_json(Config(number))).as_number();
    EXPECT_EQ(std::signbit(back), std::signbit(number));
    EXPECT_EQ(back, number);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(parse_json(to_json(Config(-infinity))).as_number(), -infinity);
  EXPECT_TRUE(std::isnan(parse_json(to_json(Config(std::nan("")))).as_number()));
  EXPECT_EQ(to_json(Config(-std::nan(""))), "\"nan\"");
  EXPECT_EQ(Config(-std::nan("")).describe(), "the number nan");
}

TEST(Json, RefusesWhatIsDamagedAndSaysWhere) {
  EXPECT_EQ(message_of([] { parse_json("{\"a\": 1,\n \"a\": 2}", "model.json"); }),
            "the key \"a\" stands twice\n  where   model.json:2:4");
  EXPECT_EQ(message_of([] { parse_json("{\"a\": tru}", "m"); }),
            "this is not JSON, at '\"a\": tru}'\n  where   m:1:10");
  EXPECT_EQ(message_of([] { parse_json("[1, 2", "m"); }),
            "the text ends before the JSON value does\n  where   m:1:5");
  EXPECT_EQ(message_of([] { parse_json("", "m"); }),
            "the text ends before the JSON value does\n  where   m:1:1");
  EXPECT_EQ(message_of([] { parse_json("18446744073709551615", "m"); }),
            "the number 18446744073709551615 does not fit 64 bits with sign\n  where   m:1:20");
  EXPECT_THROW(parse_json("{} {}"), ConfigError);
  EXPECT_THROW(parse_json("1e999"), ConfigError);
  EXPECT_THROW(parse_json("\"\xff\""), ConfigError);
}

TEST(Json, RefusesDeepNesting) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64)));
  EXPECT_THROW(parse_json(nested(65)), ConfigError);
  EXPECT_THROW(parse_json(nested(1'000'000)), ConfigError);
}

TEST(Toml, KeepsTheOrderOfTheFileAndItsLines) {
  const Config config = parse_toml(
      "seed = 7\n"
      "[train]\n"
      "epochs = 5\n"
      "batch_size = 128\n"
      "loss = { type = \"MeanSquaredError\", a = 1 }\n"
      "[[model.layer]]\n"
      "type = \"Dense\"\n"
      "[[model.layer]]\n"
      "type = \"Flatten\"\n",
      "recipe.toml");
  ASSERT_EQ(config.as_map().size(), 3u);
  EXPECT_EQ(config.as_map()[0].first, "seed");
  EXPECT_EQ(config.as_map()[1].first, "train");
  EXPECT_EQ(config.as_map()[2].first, "model");
  const Config& loss = config.at("train").at("loss");
  EXPECT_EQ(loss.as_map()[0].first, "type");
  EXPECT_EQ(loss.where(), "recipe.toml:5");
  const Config& layers = config.at("model").at("layer");
  EXPECT_EQ(layers.as_list()[1].at("type").where(), "recipe.toml:9");
}

TEST(Toml, SaysWhatIsWrongAndWhere) {
  EXPECT_THROW(parse_toml("a = 1\na = 2"), ConfigError);
  const std::string message = message_of([] { parse_toml("a = 1\nb = = 2", "r.toml"); });
  EXPECT_NE(message.find("r.toml:2:"), std::string::npos) << message;
  EXPECT_NE(message_of([] { parse_toml("when = 2024-01-01", "r.toml"); }).find("r.toml:1"),
            std::string::npos);
}

TEST(Toml, WritesWhatReadsBackTheSame) {
  const Config config = parse_toml(R"(
seed = 7
ratio = 0.1
whole = 3.0
"odd key" = "line\nbreak \"quoted\" \\ \u0001"
empty = []
[data]
name = "fashion-mnist"
augment = [{ type = "RandomFlip" }, { type = "RandomCrop", padding = 4 }]
[[model.layer]]
type = "Conv2D"
kernel_size = [3, 3]
activation = "a long enough name that the whole list of layers does not fit on one line of text"
[[model.layer]]
type = "Flatten"
)");
  const std::string text = to_toml(config);
  EXPECT_EQ(parse_toml(text), config) << text;
  EXPECT_NE(text.find("\n[data]\n"), std::string::npos) << text;
  EXPECT_NE(text.find("augment = [{ type = \"RandomFlip\" }"), std::string::npos) << text;
  EXPECT_NE(text.find("[[model.layer]]"), std::string::npos) << text;
}

struct Inner {
  int units = 3;
  std::vector<double> rates = {};
  bool operator==(const Inner&) const = default;
  static void fields(auto&& field) {
    field("units", &Inner::units);
    field("rates", &Inner::rates);
  }
};
struct Outer {
  Inner inner = {};
  std::optional<std::string> name = {};
  Shape shape = {};
  bool operator==(const Outer&) const = default;
  static void fields(auto&& field) {
    field("inner", &Outer::inner);
    field("name", &Outer::name);
    field("shape", &Outer::shape);
  }
};

TEST(Fields, RoundTripThroughConfig) {
  Outer outer;
  outer.inner.units = 5;
  outer.inner.rates = {0.5, 2};
  outer.name = "x";
  outer.shape = {Dim::batches(2), batch, 3};
  Outer back;
  from_config(parse_json(to_json(to_config(outer))), back);
  EXPECT_EQ(back, outer);
}

TEST(Fields, AbsentKeysKeepTheirValue) {
  Outer outer;
  outer.name = "kept";
  from_config(parse_json(R"({"inner":{"rates":[1]}})"), outer);
  EXPECT_EQ(outer.name, "kept");
  EXPECT_EQ(outer.inner.units, 3);
  EXPECT_EQ(outer.inner.rates, std::vector<double>{1});
}

struct Demanding {
  int units = 0;
  static void fields(auto&& field) { field("units", &Demanding::units, Needed{}); }
};

TEST(Fields, NeededKeysCannotBeLeftOut) {
  Demanding demanding;
  from_config(parse_toml("units = 2"), demanding);
  EXPECT_EQ(demanding.units, 2);
  EXPECT_EQ(message_of([&] { from_config(parse_toml("", "r.toml"), demanding); }),
            "'units' is missing here\n"
            "  where    r.toml:1\n"
            "  to fix   give units = …");
}

TEST(Fields, UnknownKeysAreRefusedWithTheNearest) {
  Outer outer;
  EXPECT_EQ(message_of([&] { from_config(parse_toml("[inner]\nunit = 3", "r.toml"), outer); }),
            "there is no key 'unit' here\n"
            "  where    r.toml:2\n"
            "  keys     units, rates\n"
            "  key      inner\n"
            "  to fix   did you mean 'units'?");
}

TEST(Toml, SaysWhereItIsNoneAndWhatToDo) {
  EXPECT_EQ(message_of([] { parse_toml("a = 1\nb 2", "r.toml"); }),
            "this is not TOML: in key-value pair: expected '=', saw '2'\n"
            "  where    r.toml:2:3\n"
            "  to fix   correct the line: key = value, texts in quotes, lists in brackets");
  EXPECT_TRUE(message_of([] {
                parse_toml("a = 1\na = 2", "r.toml");
              }).ends_with("\n  to fix   give each key and each [section] once"));
  EXPECT_TRUE(message_of([] {
                parse_toml("a = 99999999999999999999", "r.toml");
              }).ends_with("\n  to fix   give at most 9223372036854775807"));
}

TEST(Fields, WrongKindsAreRefusedWithTheKey) {
  Outer outer;
  EXPECT_EQ(message_of([&] { from_config(parse_toml("inner.units = 3.5", "r.toml"), outer); }),
            "a whole number is needed here, not the number 3.5\n"
            "  where   r.toml:1\n"
            "  key     units");
  EXPECT_EQ(message_of([&] { from_config(parse_toml("inner.units = 1e3", "r.toml"), outer); }),
            "a whole number is needed here, not one with a point or an exponent\n"
            "  where    r.toml:1\n"
            "  key      units\n"
            "  to fix   write 1000");
  EXPECT_EQ(
      message_of([&] { from_config(parse_json("{\"inner\":{\"units\":3000000000}}"), outer); }),
      "3000000000 is too large here\n"
      "  where    json:1\n"
      "  key      units\n"
      "  to fix   give 2147483647 or less");
}

}  // namespace
}  // namespace sloy
