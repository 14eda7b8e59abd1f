// What is asked of a value that is about to go doesn't refer to it: it is a copy, or refused by the
// compiler.
#include <gtest/gtest.h>
#include <sloy/sloy.h>

#include <type_traits>

namespace sloy {
namespace {

template <class T>
concept GivesData = requires(T&& t) {
  std::forward<T>(t).data();
};
template <class T>
concept GivesBytes = requires(T&& t) {
  std::forward<T>(t).bytes();
};
template <class T>
concept FindsKeys = requires(T&& t) {
  std::forward<T>(t).find("key");
};
template <class T>
concept GivesStep = requires(T&& t) {
  std::forward<T>(t).step(1);
};
template <class T, class Struct>
concept GivesStruct = requires(T&& t) {
  std::forward<T>(t).template as<Struct>();
};

static_assert(GivesData<Tensor&> && !GivesData<Tensor>);
static_assert(GivesBytes<State&> && !GivesBytes<State>);
static_assert(FindsKeys<Config&> && !FindsKeys<Config>);
static_assert(GivesStep<Program&> && !GivesStep<Program>);
static_assert(GivesStruct<Layer&, Dense> && !GivesStruct<Layer, Dense>);
static_assert(GivesStruct<Loss&, MeanSquaredError> && !GivesStruct<Loss, MeanSquaredError>);
static_assert(GivesStruct<Metric&, Accuracy> && !GivesStruct<Metric, Accuracy>);
static_assert(GivesStruct<Callback&, CSVLogger> && !GivesStruct<Callback, CSVLogger>);

template <class Given, class Copy>
constexpr bool is_copy = std::is_same_v<Given, Copy>;

using std::declval;
static_assert(is_copy<decltype(declval<Tensor>().shape()), Shape>);
static_assert(is_copy<decltype(declval<Tensor>().values<float>()), std::vector<float>>);
static_assert(is_copy<decltype(declval<Config>().as_map()), Config::Map>);
static_assert(is_copy<decltype(declval<Config>().as_list()), Config::List>);
static_assert(is_copy<decltype(declval<Config>().as_string()), std::string>);
static_assert(is_copy<decltype(declval<Config>().at("key")), Config>);
static_assert(is_copy<decltype(declval<Config>().where()), std::string>);
static_assert(is_copy<decltype(declval<Symbol>().type()), Type>);
static_assert(is_copy<decltype(declval<Symbol>().shape()), Shape>);
static_assert(is_copy<decltype(declval<Input>().type()), Type>);
static_assert(is_copy<decltype(declval<Scope>().path()), std::string>);
static_assert(is_copy<decltype(declval<data::Dataset>().spec()), data::Spec>);
static_assert(is_copy<decltype(declval<Results>()[0]), Tensor>);
static_assert(is_copy<decltype(declval<Program>().plan()), Plan>);
static_assert(is_copy<decltype(declval<Program>().variables()), std::shared_ptr<Variables>>);
static_assert(is_copy<decltype(declval<State>().variables()), std::shared_ptr<Variables>>);
static_assert(is_copy<decltype(declval<Model>().name()), std::string>);
static_assert(is_copy<decltype(declval<Model>().class_names()), std::vector<std::string>>);

TEST(Temporaries, GiveWhatOutlivesThem) {
  Sequential model{Input{2}, Dense{.units = 3}};
  model.set_weight("dense/bias", Tensor({3}, std::vector<float>{1, 2, 3}));
  const auto bias = model.weight("dense/bias").values<float>();
  EXPECT_EQ(bias, (std::vector<float>{1, 2, 3}));

  std::string keys;
  for (const auto& [key, value] : parse_json(R"({"a": 1, "b": 2})").as_map()) keys += key;
  EXPECT_EQ(keys, "ab");
  const std::string& text = parse_json(R"({"long enough to be on the heap": "and this is too"})")
                                .at("long enough to be on the heap")
                                .as_string();
  EXPECT_EQ(text, "and this is too");
  EXPECT_THROW(parse_json("{}").at("a"), ConfigError);
  EXPECT_THROW(parse_json("{}").as_list(), ConfigError);

  model.compile({.loss = MeanSquaredError{}});
  const data::Spec& spec = data::moons().spec();
  EXPECT_EQ(spec.num_classes, 2);
  const data::Spec regression{{DType::float32, {2}}, {DType::float32, {3}}};
  const Plan& plan = model.training_program(regression, 4).plan();
  EXPECT_FALSE(plan.steps.empty());
}

}  // namespace
}  // namespace sloy
