#include "harness/random_graph.h"

#include <sloy/ops.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace sloy::test {
namespace {

/// Sums of integers stay exact in float32 below this; a margin is left for gradients.
constexpr double largest_exact = 1 << 22;

class Builder {
 public:
  Builder(std::uint64_t seed, Arithmetic arithmetic) : random_(seed), arithmetic_(arithmetic) {
    made_.graph = std::make_unique<Graph>();
    wide_ = !exact() && chance(32);
    batch_size_ = wide_ ? 8 : pick(1, 5);
  }

  RandomGraph build() {
    std::int64_t channels = pick_channels();
    add_input("x", wide_ ? Shape{batch, 8, 8, 32} : Shape{batch, pick(3, 9), pick(3, 9), channels});
    if (chance(2)) add_input("v", {batch, pick(1, 20)});
    int ops = static_cast<int>(pick(2, 14));
    for (int i = 0; i < ops; ++i) {
      if (wide_ && i < 2) convolve_as_winograd();
      grow();
    }
    finish();
    return std::move(made_);
  }

 private:
  struct Known {
    Value value;
    double bound;  ///< of the magnitude, in exact arithmetic
  };

  Graph& graph() { return *made_.graph; }
  bool exact() const { return arithmetic_ == Arithmetic::exact; }
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int one_in) { return random_() % static_cast<std::uint64_t>(one_in) == 0; }
  std::int64_t pick_channels() {
    static constexpr std::int64_t sizes[] = {1, 2, 3, 5, 8, 16, 17, 32};
    return sizes[random_() % std::size(sizes)];
  }

  float number() {
    if (exact()) return static_cast<float>(pick(-1, 1));
    return static_cast<float>(pick(-1000, 1000)) / 1000.0f;
  }
  Tensor numbers(const Shape& shape, float scale = 1) {
    Tensor tensor(DType::float32, shape);
    for (float& x : tensor.mutable_values<float>()) x = number() * scale;
    return tensor;
  }

  void add_input(std::string name, Shape shape) {
    Value value = graph().input(std::move(name), {DType::float32, shape});
    made_.feeds.push_back(numbers(shape.bind(batch_size_)));
    known_.push_back({value, 1});
  }

  Known parameter(Shape shape, double fan_in = 1) {
    float scale = exact() ? 1.0f : static_cast<float>(1 / std::sqrt(fan_in));
    Tensor first = numbers(shape, scale);
    Variable variable{.name = "p" + std::to_string(parameters_.size()),
                      .type = {DType::float32, shape}};
    variable.initial = [first](std::uint64_t) { return first; };
    VariableId id = graph().variables().add(std::move(variable));
    parameters_.push_back(id);
    return {graph().variable(id), 1};
  }

  Known any() { return known_[random_() % known_.size()]; }
  /// A value of that rank, or none.
  const Known* any_of_rank(int rank) {
    for (int tries = 0; tries < 8; ++tries) {
      const Known& known = known_[random_() % known_.size()];
      if (known.value.rank() == rank) return &known;
    }
    return nullptr;
  }

  void keep(Value value, double bound) {
    if (exact() && bound > largest_exact) return;
    known_.push_back({value, bound});
  }

  void grow() {
    using Grow = void (Builder::*)();
    static constexpr Grow on_both[] = {
        &Builder::convolve, &Builder::convolve,      &Builder::multiply_matrix,
        &Builder::add_two,  &Builder::add_bias,      &Builder::scale,
        &Builder::join,     &Builder::enlarge,       &Builder::cut,
        &Builder::flatten,  &Builder::negate,        &Builder::turn,
        &Builder::decode,   &Builder::drop_rectified};
    static constexpr Grow on_exact[] = {&Builder::pool_max, &Builder::clip, &Builder::choose,
                                        &Builder::total};
    static constexpr Grow on_smooth[] = {&Builder::bend,         &Builder::normalize,
                                         &Builder::pool_average, &Builder::share,
                                         &Builder::drop,         &Builder::average};
    std::size_t special = exact() ? std::size(on_exact) : std::size(on_smooth);
    std::size_t which = random_() % (std::size(on_both) + special);
    Grow how = which < std::size(on_both) ? on_both[which]
               : exact()                  ? on_exact[which - std::size(on_both)]
                                          : on_smooth[which - std::size(on_both)];
    Graph::Section layer(graph(), "layer" + std::to_string(known_.size()));
    (this->*how)();
  }

  void convolve() {
    const Known* x = any_of_rank(4);
    if (!x) return;
    std::int64_t channels = x->value.dim(-1).size();
    std::int64_t groups = chance(3) ? channels : chance(2) && channels % 2 == 0 ? 2 : 1;
    std::int64_t filters = groups == 1 ? pick_channels() : groups * pick(1, 2);
    std::vector<std::int64_t> size{pick(1, 3), pick(1, 3)};
    Padding padding = chance(2) ? same : valid;
    ConvolutionOptions options{.groups = groups};
    std::vector<std::int64_t> dilations{chance(4) ? 2 : 1, 1};
    if (padding == valid && (x->value.dim(1).size() < (size[0] - 1) * dilations[0] + 1 ||
                             x->value.dim(2).size() < size[1])) {
      return;
    }
    options.window = window(x->value.shape(), size, {pick(1, 3), pick(1, 2)}, padding, dilations);
    double fan_in = static_cast<double>(size[0] * size[1] * channels / groups);
    Known kernel = parameter({size[0], size[1], channels / groups, filters}, fan_in);
    keep(convolution(x->value, kernel.value, options), x->bound * fan_in);
  }

  /// Of the last value, which has the sizes that Winograd takes.
  void convolve_as_winograd() {
    const Value x = known_.back().value.rank() == 4 && known_.back().value.dim(-1).size() % 32 == 0
                        ? known_.back().value
                        : known_.front().value;
    Graph::Section layer(graph(), "wide" + std::to_string(known_.size()));
    const std::int64_t channels = x.dim(-1).size();
    const std::int64_t filters = 32 * pick(1, 2);
    const ConvolutionOptions options{.window = window(x.shape(), {3, 3}, {1, 1}, same)};
    Known kernel = parameter({3, 3, channels, filters}, 9.0 * static_cast<double>(channels));
    keep(convolution(x, kernel.value, options), 1);
  }

  void multiply_matrix() {
    const Known* x = any_of_rank(2);
    if (!x) return;
    std::int64_t inner = x->value.dim(1).size();
    Known w = parameter({inner, pick(1, 20)}, static_cast<double>(inner));
    Value product = matmul(x->value, w.value);
    if (chance(2)) product = product + parameter({product.dim(1).size()}).value;
    if (exact() && chance(2)) product = rectify(product);
    keep(product, x->bound * static_cast<double>(inner) + 1);
  }

  void add_two() {
    Known a = any();
    for (const Known& b : known_) {
      if (b.value != a.value && b.value.shape() == a.value.shape()) {
        return keep(chance(2) ? a.value + b.value : a.value - b.value, a.bound + b.bound);
      }
    }
    keep(a.value + a.value, 2 * a.bound);
  }

  void add_bias() {
    Known a = any();
    if (a.value.rank() < 2) return;
    keep(a.value + parameter({a.value.dim(-1).size()}).value, a.bound + 1);
  }

  void scale() {
    Known a = any();
    if (a.value.rank() < 2) return;
    keep(a.value * parameter({a.value.dim(-1).size()}).value, a.bound);
  }

  void join() {
    Known a = any();
    for (const Known& b : known_) {
      if (b.value.rank() != a.value.rank() || a.value.rank() < 2) continue;
      if (b.value.shape().without(-1) != a.value.shape().without(-1)) continue;
      Value both[] = {a.value, b.value};
      return keep(concatenate(both), std::max(a.bound, b.bound));
    }
  }

  void enlarge() {
    const Known* x = any_of_rank(4);
    if (!x || x->value.shape()[1].size() > 12) return;
    if (chance(2)) return keep(upsample(x->value, {pick(1, 2), pick(1, 2)}), x->bound);
    keep(pad(x->value, static_cast<int>(pick(1, 3)), pick(0, 2), pick(0, 2)), x->bound);
  }

  /// As a decoder does: enlarged, then convolved.
  void decode() {
    const Known* x = any_of_rank(4);
    if (!x || x->value.shape()[1].size() > 12) return;
    const Value large = upsample(x->value, {pick(1, 3), pick(1, 2)});
    const std::vector<std::int64_t> size{pick(1, 4), pick(2, 4)};
    const Padding padding =
        large.dim(1).size() < size[0] || large.dim(2).size() < size[1] || chance(2) ? same : valid;
    const std::int64_t channels = large.dim(-1).size();
    const double fan_in = static_cast<double>(size[0] * size[1] * channels);
    Known kernel = parameter({size[0], size[1], channels, pick_channels()}, fan_in);
    const double bound = x->bound * fan_in;
    keep(convolution(large, kernel.value, {.window = window(large.shape(), size, {1, 1}, padding)}),
         bound);
  }

  void cut() {
    Known a = any();
    if (a.value.rank() < 2) return;
    auto axis = static_cast<int>(pick(1, a.value.rank() - 1));
    std::int64_t size = a.value.dim(axis).size();
    std::int64_t begin = pick(0, size - 1);
    keep(slice(a.value, axis, begin, pick(begin + 1, size)), a.bound);
  }

  void flatten() {
    const Known* x = any_of_rank(4);
    if (!x) return;
    std::int64_t size = x->value.dim(1).size() * x->value.dim(2).size() * x->value.dim(3).size();
    keep(reshape(x->value, {batch, size}), x->bound);
  }

  void negate() {
    Known a = any();
    keep(negative(a.value), a.bound);
  }

  void turn() {
    const Known* x = any_of_rank(4);
    if (x) keep(transpose(x->value, {0, 2, 1, 3}), x->bound);
  }

  void pool_max() {
    const Known* x = any_of_rank(4);
    if (!x) return;
    PoolOptions options{.pool_size = {pick(1, 3), pick(1, 3)}};
    Padding padding = chance(2) ? same : valid;
    if (padding == valid && (x->value.dim(1).size() < options.pool_size[0] ||
                             x->value.dim(2).size() < options.pool_size[1])) {
      return;
    }
    std::vector<std::int64_t> strides{pick(1, 3), pick(1, 3)};
    options.window = window(x->value.shape(), options.pool_size, strides, padding);
    keep(max_pool(x->value, options).values, x->bound);
  }

  void clip() {
    Known a = any();
    keep(rectify(a.value), a.bound);
  }

  void choose() {
    Known a = any();
    Value zero = graph().constant(0.0);
    keep(where(greater(a.value, zero), a.value, a.value * 2.0), 2 * a.bound);
  }

  void total() {
    Known a = any();
    if (a.value.rank() < 2) return;
    double count = 1;
    for (int axis = 1; axis < a.value.rank() - 1; ++axis) {
      count *= static_cast<double>(a.value.dim(axis).size());
    }
    if (a.value.rank() == 4) keep(sum(a.value, {.axes = {1, 2}}), a.bound * count);
  }

  void bend() {
    Known a = any();
    switch (pick(0, 3)) {
      case 0: return keep(tanh(a.value), 1);
      case 1: return keep(sigmoid(a.value), 1);
      case 2: return keep(exp(tanh(a.value)), 3);
      default: return keep(square(tanh(a.value)), 1);
    }
  }

  void normalize() {
    Known a = any();
    if (a.value.rank() < 2) return;
    std::vector<int> axes;
    for (int axis = 0; axis < a.value.rank() - 1; ++axis) axes.push_back(axis);
    if (chance(3)) axes = {a.value.rank() - 1};
    auto [m, v] = moments(a.value, axes, true);
    Value hat = (a.value - m) * rsqrt(v + 0.1);
    keep(hat * parameter({a.value.dim(-1).size()}).value, 1);
  }

  void pool_average() {
    const Known* x = any_of_rank(4);
    if (!x) return;
    PoolOptions options{.pool_size = {2, 2}};
    options.window = window(x->value.shape(), options.pool_size, {pick(1, 2), pick(1, 2)}, same);
    keep(average_pool(x->value, options), 1);
  }

  void share() {
    Known a = any();
    if (a.value.rank() >= 2) keep(softmax(a.value), 1);
  }

  /// A mask of random numbers, read by forward and backward alike.
  Value random_mask(const Shape& shape) {
    Value seed = graph().constant(Tensor({2}, std::vector<std::int32_t>{3, 4}));
    Value step = graph().constant(Tensor::scalar(std::int32_t{7}));
    auto stream = static_cast<std::uint32_t>(known_.size());
    return greater_equal(
        random_uniform(seed, step, {.shape = shape, .purpose = 2, .stream = stream}), 0.25);
  }

  void drop() {
    Known a = any();
    if (a.value.rank() < 2) return;
    keep(where(random_mask(a.value.shape()), a.value / 0.75, graph().constant(0.0)), 1);
  }

  /// What dropout makes of a ReLU, multiplied by a matrix.
  void drop_rectified() {
    const Known* x = any_of_rank(2);
    if (!x) return;
    const Value y =
        where(random_mask(x->value.shape()), rectify(x->value) * 2.0, graph().constant(0.0));
    const std::int64_t inner = y.dim(1).size();
    const double bound = 2 * x->bound * static_cast<double>(inner);
    Known w = parameter({inner, pick(1, 20)}, static_cast<double>(inner));
    keep(matmul(y, w.value), bound);
  }

  void average() {
    const Known* x = any_of_rank(4);
    if (x) keep(mean(x->value, {.axes = {1, 2}}), 1);
  }

  void finish() {
    Value loss;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      bool sink = i + 1 == known_.size() || chance(3);
      if (!sink) continue;
      Value term = exact() ? sum(known_[i].value) : mean(square(known_[i].value));
      loss = loss ? loss + term : term;
    }
    made_.outputs.push_back(loss);
    made_.outputs.push_back(any().value);
    std::vector<Value> reads;
    for (VariableId id : parameters_) reads.push_back(graph().variable(id));
    std::vector<Value> slopes = gradient(loss, reads);
    Graph::Section phase(graph(), Phase::update);
    for (std::size_t i = 0; i < reads.size(); ++i) descend(parameters_[i], reads[i], slopes[i]);
    if (chance(2)) exchange();
  }

  void descend(VariableId id, Value parameter, Value slope) {
    if (chance(4)) made_.outputs.push_back(slope);
    if (chance(6)) made_.outputs.push_back(parameter);  // its value before the step
    double rate = exact() ? 1.0 : 0.01;
    Variable slot{.name = "slot" + std::to_string(id),
                  .type = parameter.type(),
                  .role = Role::slot,
                  .follows = id};
    VariableId velocity = graph().variables().add(std::move(slot));
    Value next = graph().variable(velocity) * (exact() ? 1.0 : 0.9) + slope;
    made_.updates.push_back({velocity, next});
    made_.updates.push_back({id, parameter - next * rate});
  }

  /// Two variables that take each other's place.
  void exchange() {
    Value reads[2];
    VariableId ids[2];
    for (int i = 0; i < 2; ++i) {
      Tensor first = numbers({3});
      Variable variable{.name = "e" + std::to_string(i), .type = {DType::float32, {3}}};
      variable.initial = [first](std::uint64_t) { return first; };
      ids[i] = graph().variables().add(std::move(variable));
      reads[i] = graph().variable(ids[i]);
    }
    made_.updates.push_back({ids[0], reads[1]});
    made_.updates.push_back({ids[1], chance(2) ? reads[0] : reads[0] + reads[1]});
  }

  std::mt19937_64 random_;
  Arithmetic arithmetic_;
  bool wide_ = false;  ///< enough channels and pixels for Winograd
  RandomGraph made_;
  std::int64_t batch_size_;
  std::vector<Known> known_;
  std::vector<VariableId> parameters_;
};

}  // namespace

RandomGraph random_graph(std::uint64_t seed, Arithmetic arithmetic) {
  return Builder(seed, arithmetic).build();
}

}  // namespace sloy::test
