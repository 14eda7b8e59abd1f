#include <fmt/format.h>
#include <sloy/model.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <cassert>

#include "base/words.h"
#include "data/images/prepare.h"
#include "nn/model_impl.h"
#include "tensor/precision.h"

namespace sloy {
namespace {

VariableId find_weight(const State& state, std::string_view name) {
  const Variables& variables = *state.variables();
  const VariableId found = variables.find(name);
  if (found >= 0 && is_weight(variables[found])) return found;
  std::vector<std::string_view> known;
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (is_weight(variables[id])) known.push_back(variables[id].name);
  }
  throw ConfigError(fmt::format("the model has no weight '{}'", name), {},
                    did_you_mean(name, known));
}

}  // namespace

const ModelGraph& Model::Impl::built() const {
  if (is_built()) return graph;
  throw ConfigError("the shape of the model's input is not known yet", {},
                    "begin with an Input, as Input{28, 28, 1}, or call fit first");
}

void Model::Impl::build_for(const Type& features) {
  if (is_built()) return;
  graph = model_graph(pending, Type{DType::float32, features.shape});
  pending.clear();
}

bool Model::Impl::can_tell(std::size_t classes) const {
  if (!is_built()) return true;
  return std::ranges::any_of(graph.outputs, [&](ModelGraph::Ref output) {
    const Shape& shape = graph.type(output).shape;
    const std::int64_t numbers = shape.rank() < 2 ? 1 : shape.size(-1);
    return classes == static_cast<std::size_t>(numbers == 1 ? 2 : numbers);
  });
}

std::vector<Value> Model::Impl::build(Build& build, std::span<const Value> fed) const {
  std::vector<Value> inputs;
  for (std::size_t i = 0; i < fed.size(); ++i) {
    inputs.push_back(as_model_input(fed[i], graph.type(graph.inputs[i]).dtype));
  }
  Scope scope = Scope(build);
  if (!trainable) scope = scope.enter("", 0, false);
  return graph.build(scope, inputs);
}

std::vector<bool> Model::Impl::learning() const {
  std::vector<bool> flags{trainable};
  for (const ModelGraph::Member& member : graph.members) {
    flags.push_back(member.layer.trainable());
    if (const Model* within = as_model(member.layer)) {
      const std::vector<bool> inner = within->impl_->learning();
      flags.insert(flags.end(), inner.begin(), inner.end());
    }
  }
  return flags;
}

Program Model::Impl::compile_inference(const std::shared_ptr<Variables>& variables,
                                       const std::vector<DType>& features) const {
  Graph inference_graph(variables);
  Build build(inference_graph, false);
  std::vector<Value> fed;
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    fed.push_back(inference_graph.input("x", {features[i], graph.type(graph.inputs[i]).shape}));
  }
  ProgramOptions options;
  options.outputs = this->build(build, fed);
  if (compiled) {
    options.backend = compiled->backend;
    options.precision = state_precision(compiled->precision);
    options.convolution = compiled->convolution;
    options.tuning = compiled->tuning;
  }
  return sloy::compile(std::move(options));
}

void Model::Impl::make_state(const std::function<void(Variables&)>& prepare) {
  const auto variables = std::make_shared<Variables>();
  std::vector<DType> features;
  for (ModelGraph::Ref ref : built().inputs) features.push_back(graph.type(ref).dtype);
  // Its kernels say how the weights lie, as a training's do, before the State fixes that: a model
  // that was loaded computes as the one that was trained.
  Program program = compile_inference(variables, features);
  if (prepare) prepare(*variables);
  const NumericPrecision precision = compiled ? compiled->precision : NumericPrecision::float32;
  adopt(State(variables, {.seed = seed, .precision = precision}));
  inference[features] = std::move(program);
}

State& Model::Impl::weights() {
  if (!state) make_state();
  return state;
}

void Model::Impl::adopt(State given) {
  state = std::move(given);
  inference.clear();
}

Program& Model::Impl::inference_program(const std::vector<DType>& features) {
  State& numbers = weights();
  Program& program = inference[features];
  if (!program) program = compile_inference(numbers.variables(), features);
  return program;
}

bool is_weight(const Variable& variable) {
  return variable.role == Role::parameter || variable.role == Role::statistic;
}

void copy_by_name(const State& from, State& to, bool (*wanted)(const Variable&)) {
  const Variables& source = *from.variables();
  const Variables& target = *to.variables();
  for (VariableId id = 0; id < target.size(); ++id) {
    const VariableId found = source.find(target[id].name);
    if (found < 0 || !wanted(target[id]) || source[found].type != target[id].type) continue;
    to.set(id, from.get(found));
  }
}

const Model* as_model(const Layer& layer) {
  if (const Model* model = layer.as<Model>()) return model;
  return layer.as<Sequential>();
}

Model::Model(std::vector<Symbol> inputs, std::vector<Symbol> outputs)
    : impl_(std::make_shared<Impl>()) {
  impl_->graph = model_graph(inputs, outputs);
}

Sequential::Sequential(std::initializer_list<Layer> layers)
    : Sequential(std::vector<Layer>(layers)) {}

Sequential::Sequential(const std::vector<Layer>& layers) : Model(std::make_shared<Impl>()) {
  if (layers.empty()) throw ConfigError("a Sequential has at least one layer");
  const Model* first = as_model(layers.front());
  if (layers.front().as<Input>()) {
    impl_->graph = model_graph(layers);
  } else if (first && first->is_built()) {
    const Type type = first->input_types().front();
    impl_->graph = model_graph(layers, Type{type.dtype, type.shape.without(0)});
  } else {
    impl_->pending = layers;
  }
}

Layer Model::as_layer() const { return *this; }

Symbol Model::operator()(const Symbol& input) const { return as_layer()(input); }
Symbol Model::operator()(const std::vector<Symbol>& inputs) const { return as_layer()(inputs); }

std::vector<Value> Model::call(Scope& scope, std::span<const Value> inputs) const {
  if (inputs.size() == 1 && inputs.front().rank() > 0) {
    impl_->build_for({inputs.front().dtype(), inputs.front().shape().without(0)});
  }
  const ModelGraph& graph = impl_->built();
  if (inputs.size() != graph.inputs.size()) {
    throw ConfigError(fmt::format("the model has {}, not {}", counted(graph.inputs.size(), "input"),
                                  inputs.size()));
  }
  std::vector<Value> fed;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Type& wanted = graph.type(graph.inputs[i]);
    const Shape& given = inputs[i].shape();
    if (given.rank() == 0 || given.without(0) != wanted.shape.without(0)) {
      throw ShapeError("the input has another shape than the model's",
                       {{"input", to_string(given)}, {"model", to_string(wanted.shape)}});
    }
    fed.push_back(as_model_input(inputs[i], wanted.dtype));
  }
  Variables& variables = scope.graph().variables();
  const VariableId first_new = variables.size();
  std::vector<Value> outputs = graph.build(scope, fed);
  if (!impl_->keeps_weights) return outputs;
  // Weights that don't just follow from a seed are brought along.
  const std::string prefix = scope.path().empty() ? "" : scope.path() + "/";
  for (VariableId id = first_new; id < variables.size(); ++id) {
    const std::string own = variables[id].name.substr(prefix.size());
    const VariableId found = impl_->state.variables()->find(own);
    if (found < 0) continue;
    variables[id].initial = [value = impl_->state.get(found)](std::uint64_t) { return value; };
  }
  return outputs;
}

Value Model::operator()(Build& build, Value input) const {
  Scope scope(build);
  const std::vector<Value> outputs = call(scope, std::array{input});
  if (outputs.size() == 1) return outputs.front();
  throw ConfigError(fmt::format("the model has {} outputs", outputs.size()), {},
                    "use its call, which gives all of them");
}

std::vector<std::string> Model::weight_names() const {
  const Variables& variables = *impl_->weights().variables();
  std::vector<std::string> names;
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (is_weight(variables[id])) names.push_back(variables[id].name);
  }
  return names;
}

Tensor Model::weight(std::string_view name) const {
  const State& state = impl_->weights();
  return state.get(find_weight(state, name));
}

void Model::set_weight(std::string_view name, const Tensor& value) {
  State& state = impl_->weights();
  state.set(find_weight(state, name), value);
  impl_->keeps_weights = true;
}

void Model::set_weights(const State& state) {
  State& own = impl_->weights();
  const Variables& variables = *own.variables();
  for (VariableId id = 0; id < variables.size(); ++id) {
    if (!is_weight(variables[id])) continue;
    const VariableId found = state.variables()->find(variables[id].name);
    if (found < 0) {
      throw ConfigError(fmt::format("the state has no '{}'", variables[id].name), {},
                        "give the state of a graph the model itself was called in: net(build, x)");
    }
    own.set(id, state.get(found));
  }
  impl_->keeps_weights = true;
}

bool Model::is_built() const { return impl_->is_built(); }
bool Model::trainable() const { return impl_->trainable; }
void Model::set_trainable(bool trainable) { impl_->trainable = trainable; }
const std::string& Model::name() const& { return impl_->name; }
void Model::set_name(std::string name) { impl_->name = std::move(name); }

std::vector<Type> Model::input_types() const {
  const ModelGraph& graph = impl_->built();
  std::vector<Type> types;
  for (ModelGraph::Ref ref : graph.inputs) types.push_back(graph.type(ref));
  return types;
}

std::vector<Type> Model::output_types() const {
  const ModelGraph& graph = impl_->built();
  std::vector<Type> types;
  for (ModelGraph::Ref ref : graph.outputs) types.push_back(graph.type(ref));
  return types;
}

PerOutput<Loss> Model::loss() const {
  return impl_->compiled ? impl_->compiled->loss : PerOutput<Loss>{};
}

const std::vector<std::string>& Model::class_names() const& { return impl_->class_names; }
void Model::set_class_names(std::vector<std::string> names) {
  if (!names.empty() && !impl_->can_tell(names.size())) {
    throw ConfigError(
        fmt::format("{} class names don't fit what the model predicts", names.size()),
        {{"output", to_string(impl_->graph.type(impl_->graph.outputs.front()).shape)}},
        "name each class once, in the order of the labels; two where there is one number");
  }
  impl_->class_names = std::move(names);
}

const std::optional<data::ImageForm>& Model::image_form() const& { return impl_->image_form; }
void Model::set_image_form(const data::ImageForm& form) {
  data::check(form);
  impl_->image_form = form;
}

const std::optional<data::TableForm>& Model::table_form() const& { return impl_->table_form; }
void Model::set_table_form(data::TableForm form) {
  if (form.columns.empty() || form.separator.size() != 1 || form.skip_rows < 0) {
    throw ConfigError("this is no form of a table's rows",
                      {{"columns", std::to_string(form.columns.size())},
                       {"separator", form.separator},
                       {"skip_rows", std::to_string(form.skip_rows)}},
                      "give one column or more, one character and no negative number");
  }
  impl_->table_form = std::move(form);
}

Config Model::to_config() const {
  Config config = sloy::to_config(impl_->built());
  if (!impl_->trainable) config["trainable"] = false;
  return config;
}

Model Model::from_config(const Config& config, const CustomTypes& custom,
                         const std::optional<Type>& input) {
  auto impl = std::make_shared<Impl>();
  impl->graph = model_graph(config, custom, input);
  if (const Config* trainable = config.find("trainable")) impl->trainable = trainable->as_bool();
  return Model(std::move(impl));
}

Config to_config(const Model& model) { return Config::Map{{"model", model.to_config()}}; }

}  // namespace sloy
