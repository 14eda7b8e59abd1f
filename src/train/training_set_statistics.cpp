#include "train/training_set_statistics.h"

#include <algorithm>

#include "data/example_memory.h"
#include "data/loader.h"
#include "program/executable.h"
#include "train/step_graph.h"

namespace sloy {
namespace {

/// Mean and squared deviations of values that come in batches, each batch with moments of its own
/// (Chan, Golub and LeVeque 1983).
class MergedMoments {
 public:
  explicit MergedMoments(std::size_t size) : mean_(size), squares_(size) {}

  /// The outputs of a step from `first` on: mean, variance, count.
  void add(const Executable& step, std::size_t first, NumericPrecision precision) {
    const auto number = [&](std::size_t output, std::size_t i) {
      const void* numbers = step.output(first + output);
      return precision == NumericPrecision::float64 ? static_cast<const double*>(numbers)[i]
                                                    : static_cast<const float*>(numbers)[i];
    };
    const double count = number(2, 0);
    const double total = count_ + count;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      const double difference = number(0, i) - mean_[i];
      squares_[i] += number(1, i) * count + difference * difference * count_ * count / total;
      mean_[i] += difference * count / total;
    }
    count_ = total;
  }

  const std::vector<double>& mean() const { return mean_; }
  std::vector<double> variance(bool unbiased) const {
    const double divisor = unbiased ? std::max(count_ - 1, 1.0) : count_;
    std::vector<double> variance;
    for (double squares : squares_) variance.push_back(squares / divisor);
    return variance;
  }

 private:
  double count_ = 0;
  std::vector<double> mean_;
  std::vector<double> squares_;
};

/// An input for every part of a batch, as BatchFeeds gives them. Returns those of the features.
std::vector<Value> feed_batch(Graph& graph, const data::Spec& spec) {
  std::vector<Value> fed;
  for (const data::Types* types : {&spec.features, &spec.targets, &spec.weights}) {
    for (const Type& type : *types) fed.push_back(graph.input("part", data::rows_of(type, batch)));
  }
  fed.resize(spec.features.size());
  return fed;
}

/// The program that gives moments and counts of all calls that share these statistics.
Program program_of(const Model::Impl& model, const std::vector<Build::Measured>& measured,
                   VariableId mean, std::int64_t batch_size) {
  ProgramOptions options;
  options.batch_size = batch_size;
  options.precision = model.state.precision();
  if (model.compiled) {
    options.backend = model.compiled->backend;
    options.convolution = model.compiled->convolution;
    options.tuning = model.compiled->tuning;
    options.memory_limit = model.compiled->memory_limit;
  }
  for (const Build::Measured& call : measured) {
    if (call.mean != mean) continue;
    options.outputs.insert(options.outputs.end(),
                           {call.batch_mean, call.batch_variance, call.count});
  }
  return sloy::compile(std::move(options));
}

}  // namespace

void measure_training_set(Model::Impl& model, const data::Dataset& train, std::int64_t batch_size,
                          int workers) {
  State& state = model.weights();
  Graph graph(state.variables());
  Build build(graph, false);
  build.measure(true);
  model.build(build, feed_batch(graph, train.spec()));
  if (!build.measured().empty()) model.keeps_weights = true;
  std::vector<VariableId> done;
  for (const Build::Measured& wanted : build.measured()) {
    if (std::find(done.begin(), done.end(), wanted.mean) != done.end()) continue;
    done.push_back(wanted.mean);

    batch_size = std::min(batch_size, train.size());
    const Program program = program_of(model, build.measured(), wanted.mean, batch_size);
    data::Loader loader(train, {.batch_size = batch_size, .workers = workers});
    BatchFeeds feeds(train.spec(), state.precision());
    const Shape& size = (*state.variables())[wanted.mean].type.shape;
    MergedMoments merged(static_cast<std::size_t>(size.size()));
    loader.start(0);
    while (const data::Batch* given = loader.next()) {
      Executable& step = program.executable(given->count);
      step.run(state, feeds.of(*given));
      for (std::size_t first = 0; first < step.outputs(); first += 3) {
        merged.add(step, first, state.precision());
      }
    }
    state.set(wanted.mean, Tensor(size, merged.mean()));
    state.set(wanted.variance, Tensor(size, merged.variance(wanted.unbiased)));
  }
}

}  // namespace sloy
