/// Scope: what a layer's `call` works with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sloy/constraints.h>
#include <sloy/graph.h>
#include <sloy/initializers.h>
#include <sloy/regularizers.h>

namespace sloy {

/// A model being written into a graph, for training or for inference. The variables of one model
/// have the same names in all its graphs.
class SLOY_EXPORT Build {
 public:
  /// In training, random ops draw from the variables of these names and every step adds one to
  /// "step"; both exist in every set of variables that a Build was made for.
  Build(Graph& graph, bool training);

  Graph& graph() const { return graph_; }
  bool training() const { return training_; }
  /// Scalars that layers and regularizers add to the loss.
  const std::vector<Value>& losses() const { return losses_; }
  void add_loss(Value loss) { losses_.push_back(loss); }

  /// Two statistics that a layer wants of a whole training set: see Scope::measure.
  struct Measured {
    VariableId mean, variance;
    Value batch_mean, batch_variance;  ///< of this batch, biased
    Value count;                       ///< how many values each of these is of
    bool unbiased = false;
  };
  /// In the order of the calls.
  const std::vector<Measured>& measured() const { return measured_; }
  /// Whether `measured` is wanted of a graph for inference, which then has nodes for nothing else.
  void measure(bool wanted) { measures_ = wanted; }

 private:
  friend class Scope;
  Graph& graph_;
  bool training_;
  std::vector<Value> losses_;
  std::vector<VariableId> regularized_;
  std::vector<Measured> measured_;
  bool measures_ = false;
};

/// Which of its two forms a variance has.
struct MeasureOptions {
  bool unbiased = false;  ///< times n / (n − 1) for n values
};

/// A layer's place in a model while it writes its part of a graph: its path, its weights, its
/// random numbers. Weights of a layer that is called twice are the same; its random numbers differ.
class SLOY_EXPORT Scope {
 public:
  /// The outermost scope: of a model.
  explicit Scope(Build& build);
  /// A layer within it. `call` counts the calls of one layer.
  Scope enter(std::string_view name, int call = 0, bool trainable = true) const;

  Graph& graph() const { return build_->graph(); }
  /// "encoder/conv1".
  const std::string& path() const& { return path_; }
  std::string path() const&& { return path_; }
  /// Whether this is a training step, not inference.
  bool training() const { return build_->training(); }
  /// Whether the layer learns; a frozen one behaves as in inference.
  bool trainable() const { return trainable_; }

  /// A parameter of float32, added to the model's variables when it is first asked for. Each step
  /// of an optimizer ends with the regularizer's proximal step and the constraint. Throws
  /// ShapeError where it exists with another shape, or a size is below 1 or the batch's.
  Value weight(std::string_view name, Shape shape, const Initializer& initializer = GlorotUniform{},
               const Regularizer& regularizer = {}, const Constraint& constraint = {});
  /// Numbers the layer keeps, not trained: set by `update`. Throws as `weight` does.
  Value statistic(std::string_view name, Shape shape, const Initializer& initializer = Zeros{});
  /// After a training step the statistic is f of its value so far; does nothing in inference or
  /// where the layer is frozen.
  void update(std::string_view name, const std::function<Value(Value)>& f);

  /// Asks for statistics of the whole training set: when a fit ends, and by Model::adapt, those of
  /// these names become the mean and variance over `axes` of x, over all examples in inference.
  /// Layers before this one have theirs by then. Does nothing where the layer is frozen.
  void measure(std::string_view mean, std::string_view variance, Value x, std::vector<int> axes,
               MeasureOptions options = {});

  /// A scalar added to the loss, as activity regularizers do.
  void add_loss(Value loss) { build_->add_loss(loss); }

  /// Random numbers of this layer and call, others at each step; each use in one call needs another
  /// `purpose`. The first dimension of `shape` counts examples. Uniform in [0, 1).
  Value random_uniform(Shape shape, std::uint32_t purpose = 0);
  /// The same with the standard normal distribution.
  Value random_normal(Shape shape, std::uint32_t purpose = 0);

 private:
  VariableId variable(std::string_view name, const Shape& shape, const Initializer& initializer,
                      Role role);
  std::uint32_t stream() const;

  Build* build_;
  std::string path_;
  std::string random_path_;  ///< tells apart the calls of shared models that hold this layer
  int call_ = 0;
  bool trainable_ = true;
};

/// Names of the variables every model has: the seed of random ops, int32 (2), and the number of
/// training steps done, int32.
inline constexpr std::string_view seed_variable = "seed";
inline constexpr std::string_view step_variable = "step";

}  // namespace sloy
