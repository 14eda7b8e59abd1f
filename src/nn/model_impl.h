/// What a Model holds.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sloy/model.h>

#include "nn/model_graph.h"

namespace sloy {

struct Model::Impl {
  /// Layers of a Sequential whose input is not known yet; empty afterwards.
  std::vector<Layer> pending;
  ModelGraph graph;
  bool trainable = true;
  std::string name;
  std::vector<std::string> class_names;
  std::optional<data::ImageForm> image_form;
  std::optional<data::TableForm> table_form;
  std::optional<CompileOptions> compiled;
  /// What the file this model is from says of its loss and metrics; null after a compile.
  /// `compiled` then holds what of it could be made, and no optimizer.
  Config measures;
  /// Whether a save has said what of the loss and metrics is in no file.
  bool noted_what_is_lost = false;
  std::uint64_t seed = 0;

  /// Weights, statistics and, once trained, slots. Empty until they are first needed.
  State state;
  /// Whether the weights were trained, set or loaded, and so don't follow from the seed any more.
  bool keeps_weights = false;
  /// Epochs trained since compile.
  int epochs_trained = 0;
  /// Inference programs on the state's variables, by the dtypes of the inputs' features.
  std::map<std::vector<DType>, Program> inference;
  /// Programs that train and evaluate (src/train/trainer.h).
  std::shared_ptr<void> trainer;
  std::shared_ptr<void> evaluator;

  static const Impl& of(const Model& model) { return *model.impl_; }
  bool is_built() const { return pending.empty(); }
  /// Throws ConfigError where the input's shape is not known.
  const ModelGraph& built() const;
  /// Settles the shape of the input, where it is open, by the data; its dtype is float32 then.
  void build_for(const Type& features);
  /// The model as one graph of its own. Feeds are of `feeds`' dtypes.
  std::vector<Value> build(Build& build, std::span<const Value> fed) const;
  /// Whether there can be so many classes: one for each of an output's last axis, or two where that
  /// has one number. Of a model whose shapes aren't known yet there can be any number.
  bool can_tell(std::size_t classes) const;
  /// Whether it learns itself, and each of its layers in their order, nested ones too.
  std::vector<bool> learning() const;
  /// A program that predicts from features of these dtypes. Adds all weights and statistics to
  /// `variables`.
  Program compile_inference(const std::shared_ptr<Variables>& variables,
                            const std::vector<DType>& features) const;
  /// Makes the state anew. `prepare` sees its variables before they have numbers.
  void make_state(const std::function<void(Variables&)>& prepare = {});
  /// The state, made now where there is none.
  State& weights();
  /// Takes another state in, with its variables; values of the old one are not copied.
  void adopt(State given);
  Program& inference_program(const std::vector<DType>& features);
};

/// Parameters and statistics: what a model's file holds.
bool is_weight(const Variable& variable);

/// Copies the variables of `to` that are wanted and that `from` has too, by name and type.
void copy_by_name(const State& from, State& to, bool (*wanted)(const Variable&));

/// The nested model a layer is, or nullptr.
const Model* as_model(const Layer& layer);

}  // namespace sloy
