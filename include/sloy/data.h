/// Data sets: examples by number, read one at a time, in the dtype they are stored in.
///
///     data::Split data = data::fashion_mnist();
///     auto [train, validation] = data.train.split(0.1, 7);  // a tenth, by seed 7
///
/// A data set of your own is any type with three members:
///
///     struct Squares {
///       std::int64_t size() const { return 1000; }
///       data::Spec spec() const { return {{DType::float32, {1}}, {DType::float32, {1}}}; }
///       void read(std::int64_t index, data::Slot slot) const {
///         const float x = static_cast<float>(index) / 1000;
///         slot.features_as<float>()[0] = x;
///         slot.target_as<float>()[0] = x * x;
///       }
///     };
///     data::Dataset squares = Squares{};
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <sloy/export.h>
#include <sloy/fields.h>
#include <sloy/image_form.h>
#include <sloy/notice.h>
#include <sloy/table_form.h>
#include <sloy/tensor.h>

namespace sloy::data {

/// The types of several things, or of one: {DType::float32, {28, 28, 1}} alone, or a list of those.
class SLOY_EXPORT Types {
 public:
  Types() = default;
  Types(Type one) : types_{std::move(one)} {}  // NOLINT: one is a list
  Types(DType dtype, Shape shape) : Types(Type{dtype, std::move(shape)}) {}
  Types(std::initializer_list<Type> types) : types_(types) {}
  explicit Types(std::vector<Type> types) : types_(std::move(types)) {}

  std::size_t size() const { return types_.size(); }
  bool empty() const { return types_.empty(); }
  const Type& operator[](std::size_t part) const& { return types_[part]; }
  Type operator[](std::size_t part) const&& { return types_[part]; }
  auto begin() const { return types_.begin(); }
  auto end() const { return types_.end(); }
  bool operator==(const Types&) const = default;

 private:
  std::vector<Type> types_;
};
/// "float32 (3), int32 ()".
SLOY_EXPORT std::string to_string(const Types& types);

/// What every example of a data set looks like: features, which a model's inputs take in this
/// order, targets, which the outputs that have a loss take, and weights. The types are of one
/// example, without a batch dimension: images (height, width, channels), class labels int32 ().
struct Spec {
  Types features;
  Types targets;
  /// Number of classes where the first target is a class, in any form of LabelMode; else 0.
  int num_classes = 0;
  /// Names of the classes in the order of their labels; may be empty.
  std::vector<std::string> class_names = {};
  /// Weights of an example in the loss, float32: none, one for all targets, or one for each. Of
  /// shape () it is of the whole example; of the loss's shape, which is that of labels and of other
  /// targets without their last axis, of each position, where 0 masks it.
  Types weights = {};
  /// Where the features are images that were resized or converted: how, for images to predict.
  std::optional<ImageForm> image_form = {};
  /// Where they are rows of a table: how they were read, for rows to predict.
  std::optional<TableForm> table_form = {};
  /// Where targets are the features again, for an autoencoder: the number of the first of them.
  std::optional<int> first_reproduced = {};

  /// The name of a label's class, or its number where it has none.
  std::string class_name(std::int64_t label) const {
    const auto place = static_cast<std::size_t>(label);
    return place < class_names.size() ? class_names[place] : std::to_string(label);
  }
};

/// Where the bytes of one example go: row-major elements of the types in the data set's spec, a
/// span for each of its parts. They hold anything before: every byte must be written.
struct Slot {
  std::span<const std::span<std::byte>> features;
  std::span<const std::span<std::byte>> targets;
  std::span<const std::span<std::byte>> weights = {};
  /// Which pass over the data this is, for sources that change with it, as augmentation does.
  std::int64_t epoch = 0;

  /// The elements of a part. REQUIRES: T is what the spec says.
  template <class T>
  std::span<T> features_as(std::size_t part = 0) const {
    return as<T>(features[part]);
  }
  template <class T>
  std::span<T> target_as(std::size_t part = 0) const {
    return as<T>(targets[part]);
  }
  template <class T>
  std::span<T> weight_as(std::size_t part = 0) const {
    return as<T>(weights[part]);
  }

 private:
  template <class T>
  static std::span<T> as(std::span<std::byte> bytes) {
    static_assert(size_of(dtype_of<T>) == sizeof(T));
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// How examples say their class, in Keras's words.
enum class LabelMode : std::uint8_t {
  integer,      ///< "int": its number
  categorical,  ///< one-hot: 1 for the class and 0 for every other, float32 (classes)
  binary        ///< of two classes: 0 or 1, float32 (1)
};
constexpr std::array<std::string_view, 3> enum_names(LabelMode) {
  return {"int", "categorical", "binary"};
}

/// What a model can be asked to give for an example.
enum class Target : std::uint8_t {
  targets,  ///< the example's targets
  features  ///< its features, as an autoencoder does
};
constexpr std::array<std::string_view, 2> enum_names(Target) { return {"targets", "features"}; }

/// One example as tensors.
struct Example {
  std::vector<Tensor> features;
  std::vector<Tensor> targets;
  std::vector<Tensor> weights;
};

/// What a type must have to be a data set:
///
/// - `size()`: how many examples, 0 or more
/// - `spec()`: what they look like
/// - `read(index, slot)`: fills all parts of the slot. It is called with 0 ≤ index < size(), from
///   several threads at once; its bytes depend on the index and the epoch alone
///
/// It may have:
///
/// - `bool is_in_memory() const`: whether `read` is a plain copy from memory; a loader then spreads
///   a batch over the computing threads
/// - `std::int32_t label(std::int64_t index) const`: the class that `read` gives; classes are then
///   counted, split and balanced without reading anything else
/// - `std::string name(std::int64_t index) const`: where the example comes from, as a file or a
/// line
///   of one
template <class T>
concept Source = requires(const T& source, std::int64_t index, Slot slot) {
  { source.size() } -> std::convertible_to<std::int64_t>;
  { source.spec() } -> std::convertible_to<Spec>;
  source.read(index, slot);
};

struct Split;

/// A data set: a small value, whose copies share one immutable source.
class SLOY_EXPORT Dataset {
 public:
  /// No examples.
  Dataset() = default;

  /// Asks the source for its size and spec once. Throws DataError where they can't be: a negative
  /// size, another number of classes than 0 or more, more names than classes.
  template <class T>
  requires(Source<T> && !std::same_as<T, Dataset>) Dataset(T source)  // NOLINT: is a data set
      : held_(std::make_shared<Held<T>>(std::move(source))) {
    check_source();
  }

  std::int64_t size() const { return held_ ? held_->size : 0; }
  bool empty() const { return size() == 0; }
  /// Without a source all its types are those of an empty Spec.
  const Spec& spec() const&;
  Spec spec() const&& { return spec(); }
  /// Whether its source is, see Source.
  bool is_in_memory() const { return held_ && held_->in_memory; }

  /// The class of an example, as its label says it. REQUIRES: 0 ≤ index < size(), and the first
  /// target is one label.
  std::int32_t label(std::int64_t index) const;
  /// Those of all examples. Throws DataError where the first target is no label.
  std::vector<std::int32_t> labels() const;
  /// Where an example comes from: "photos/cats/7.jpg", "rows.csv, line 12". Empty where its source
  /// doesn't say. REQUIRES: 0 ≤ index < size().
  std::string name(std::int64_t index) const { return held_ ? held_->name(index) : ""; }

  /// Writes one example into `slot`, whose parts have exactly the spec's bytes. An Error of the
  /// source gets the example's number as a note. REQUIRES: 0 ≤ index < size().
  void read(std::int64_t index, Slot slot) const;

  /// One example. Throws DataError on an index out of range.
  Example operator[](std::int64_t index) const;

  /// The examples with these numbers, in this order; one may come several times. Throws DataError
  /// on a number out of range, as `range` does.
  Dataset subset(std::vector<std::int64_t> indices) const;
  /// Examples [first, last).
  Dataset range(std::int64_t first, std::int64_t last) const;
  /// The first `count` examples, or all where there are fewer. Throws DataError below 0.
  Dataset take(std::int64_t count) const;
  /// All examples of this set, then all of the other. Where one has names of classes, they are
  /// those of both. Throws DataError where types, classes, or a table's columns differ.
  Dataset concatenated(const Dataset& other) const;
  /// All examples in another order, which the seed decides. Needs no memory.
  Dataset shuffled(std::uint64_t seed) const;
  /// Holds out the last fraction·size (rounded) of a seeded shuffle as `test`, the rest is `train`:
  /// fraction in (0, 1). Needs no memory. Throws DataError where either part would be empty.
  Split split(double fraction, std::uint64_t seed) const;
  /// The same, with `fraction` of each class held out, so that both parts have the classes in the
  /// shares that the whole has; every class keeps an example to learn from. Takes 8 bytes an
  /// example. Throws DataError as labels does, too.
  Split stratified_split(double fraction, std::uint64_t seed) const;
  /// The examples of these classes alone, in their order. Labels count from 0 in the order given.
  /// Throws DataError where there is no such class, naming the nearest, or one is given twice.
  Dataset only_classes(const std::vector<std::string>& names) const;
  /// Each class as often as the largest: examples of the others come several times, all of them
  /// about as often. In an order that the seed decides. Throws DataError as labels does.
  Dataset balanced(std::uint64_t seed) const;
  /// The examples for which `is_wanted` is true, each of which is read once now.
  Dataset filtered(const std::function<bool(const Example&)>& is_wanted) const;
  /// All examples read now, and from memory from then on. Not for sources that change with the
  /// epoch: the examples of epoch 0 stay.
  Dataset cached() const;

  /// The features of all examples, (examples, …), one tensor for each part: all are read, and held
  /// in memory.
  std::vector<Tensor> features() const;

  /// The same examples with weights, one of the first dimension for each: (examples) weighs whole
  /// examples, (examples, …) each position of the loss, whose shape is that of labels, and of other
  /// targets (…, n) without the n; where n is 1 it may be kept. They are for all targets alike:
  /// weights for each come from a source of your own. Throws DataError on another number of them,
  /// on one that is negative or not finite, and where the set has weights already.
  Dataset weighted(const Tensor& weights) const;
  /// The same examples with their features as targets, in place of those they have: for an
  /// autoencoder.
  Dataset targeting_features() const { return targeting({Target::features}); }
  /// With all of these as targets, in this order: {Target::targets, Target::features} for a model
  /// that tells the class by one output and gives the example back by another.
  Dataset targeting(std::vector<Target> which) const;
  /// With the class labels, which are the first target, in another form: (…) becomes (…, classes)
  /// or (…, 1). `integer` leaves them. Throws DataError where the data have no labels to turn into
  /// that, as not two classes for `binary`; a label out of range is found when it is read.
  Dataset labelled(LabelMode mode) const;
  /// labelled(LabelMode::categorical): for CategoricalCrossentropy and other losses on rows.
  Dataset one_hot() const { return labelled(LabelMode::categorical); }

 private:
  struct Base {
    std::int64_t size = 0;
    Spec spec;
    bool in_memory = false;
    virtual ~Base() = default;
    virtual void read(std::int64_t index, const Slot& slot) const = 0;
    /// Nothing where only reading the example tells.
    virtual std::optional<std::int32_t> label(std::int64_t index) const = 0;
    virtual std::string name(std::int64_t index) const = 0;
  };
  template <class T>
  struct Held final : Base {
    T source;
    explicit Held(T given) : source(std::move(given)) {
      this->size = source.size();
      this->spec = source.spec();
      if constexpr (requires { source.is_in_memory(); }) this->in_memory = source.is_in_memory();
    }
    void read(std::int64_t index, const Slot& slot) const override { source.read(index, slot); }
    std::optional<std::int32_t> label([[maybe_unused]] std::int64_t index) const override {
      if constexpr (requires { source.label(index); }) return source.label(index);
      return {};
    }
    std::string name([[maybe_unused]] std::int64_t index) const override {
      if constexpr (requires { std::string(source.name(index)); }) return source.name(index);
      return {};
    }
  };

  void check_source() const;

  std::shared_ptr<const Base> held_;
};

/// A data set in two parts: one to learn from, one to measure on.
struct Split {
  Dataset train;
  Dataset test;
};

/// A file that was left out, or a row of one.
struct SkippedFile {
  std::string file;  ///< "photos/cats/7.jpg", "rows.csv, line 12"
  std::string why;
};

/// All parts of a set, of which `test` and `validation` may be empty.
struct Parts : Split {
  /// To measure on while training, so that `test` stays unseen.
  Dataset validation = {};
  /// Of all parts, where it was said that bad files are left out.
  std::vector<SkippedFile> skipped = {};
  /// What is probably not as it was meant, though it can be learned from.
  std::vector<Notice> notices = {};
  /// Of a table: the columns that have empty cells, and how many in all parts together, those of
  /// rows that were left out too.
  std::vector<std::pair<std::string, std::int64_t>> missing = {};
};

/// Examples held in memory: the first dimension of both tensors counts them. Integer targets of one
/// number each are class labels and become int32; the number of classes is that of the names, or
/// else the largest label's plus one. float64 becomes float32; uint8 features are pixels, which a
/// model takes as value / 255. Throws DataError where the numbers of examples differ, a label is
/// negative or has no name, or a number is too large for float32.
///
///     std::vector<float> pixels(4 * 2, 0.5f);       // four examples of two numbers
///     std::vector<std::int64_t> labels{0, 1, 1, 0};
///     std::size_t n = labels.size();
///     data::Dataset dataset = data::from_tensors(Tensor({n, 2}, pixels), Tensor({n}, labels));
SLOY_EXPORT Dataset from_tensors(Tensor features, Tensor target,
                                 std::vector<std::string> class_names = {});
/// The same for several inputs and targets: one tensor for each.
SLOY_EXPORT Dataset from_tensors(std::vector<Tensor> features, std::vector<Tensor> targets,
                                 std::vector<std::string> class_names = {});
/// Examples without targets: to predict, or to train an autoencoder by targeting_features.
///
///     Tensor rows(DType::float32, {4, 2});
///     data::Dataset reproduced = data::from_tensors(rows).targeting_features();
SLOY_EXPORT Dataset from_tensors(Tensor features);
SLOY_EXPORT Dataset from_tensors(std::vector<Tensor> features);

/// Images and labels in the IDX format (MNIST's), raw or compressed by gzip. Images (n, height,
/// width) get a channel dimension of 1. Throws FileError where a file is damaged, DataError where
/// the numbers of images and labels differ or a label is out of range.
SLOY_EXPORT Dataset idx(const std::string& images, const std::string& labels,
                        std::vector<std::string> class_names = {});

/// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 60,000 + 10,000 grey images of clothes, 28×28,
/// ten classes. Looks into `directory`; where that is empty, into $SLOY_DATA_DIR/fashion-mnist and
/// where Debian's package dataset-fashion-mnist puts it. Throws FileError where the files aren't
/// there or are damaged, as those below do.
SLOY_EXPORT Split fashion_mnist(const std::string& directory = {});

/// MNIST (LeCun, Cortes and Burges): 60,000 + 10,000 handwritten digits, 28×28. Looks into
/// `directory`; where that is empty, into $SLOY_DATA_DIR/mnist and /usr/share/datasets/mnist.
SLOY_EXPORT Split mnist(const std::string& directory = {});

/// CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour photos, 32×32, ten classes, in its binary
/// version (Cifar10Files). Looks into `directory`; where that is empty, into $SLOY_DATA_DIR/cifar10
/// and /usr/share/datasets/cifar10.
SLOY_EXPORT Split cifar10(const std::string& directory = {});

/// CIFAR-100 (Krizhevsky 2009): as many, a hundred classes. Looks into `directory`; where that is
/// empty, into $SLOY_DATA_DIR/cifar100 and /usr/share/datasets/cifar100.
SLOY_EXPORT Split cifar100(const std::string& directory = {});

/// Examples made by formula, most of them points of the plane: float32 features (2).
struct Generated {
  std::int64_t size = 500;  ///< examples; `load` makes a fifth of them test data
  /// standard deviation of the normal noise added to each coordinate (`plane`, `curve`: to the
  /// target)
  double noise = 0.1;
  std::uint64_t seed = 0;  ///< of the points; a larger set begins with the smaller one

  static void fields(auto&& field) {
    field("size", &Generated::size);
    field("noise", &Generated::noise);
    field("seed", &Generated::seed);
  }
};

/// Two circles around the origin: class 0 of radius 1, class 1 of radius ½.
SLOY_EXPORT Dataset circles(const Generated& options = {});
/// Two half circles that reach into each other: (cos t, sin t) and (1 − cos t, ½ − sin t), t in
/// [0, π].
SLOY_EXPORT Dataset moons(const Generated& options = {});
/// Two spirals of 1¾ turns, half a turn apart: radius r in [0, 1) at the angle 3.5πr.
SLOY_EXPORT Dataset spirals(const Generated& options = {});
/// Uniform on [−1, 1]²: class 1 where exactly one coordinate is negative. The classes hold before
/// noise is added.
SLOY_EXPORT Dataset exclusive_or(const Generated& options = {});
/// Two normal clouds of standard deviation 0.4 around (−1, −1) and (1, 1).
SLOY_EXPORT Dataset gaussians(const Generated& options = {});
/// Regression: uniform on [−1, 1]², the float32 target (1) is (x + y)/2 + noise.
SLOY_EXPORT Dataset plane(const Generated& options = {});
/// Regression: x uniform on [−1, 1], float32 features (1), the float32 target (1) is sin(πx) +
/// noise.
SLOY_EXPORT Dataset curve(const Generated& options = {});
/// Badly scaled features: `moons` with the second coordinate, noise included, times 1000.
SLOY_EXPORT Dataset badly_scaled(const Generated& options = {});
/// Useless features: float32 features (10), of which the first two are those of `moons` and the
/// other eight standard normal, whatever the class.
SLOY_EXPORT Dataset irrelevant_features(const Generated& options = {});
/// Training and test data of one labelling and different inputs (covariate shift; Shimodaira 2000):
/// class 1 where y > ½ sin(πx). x is normal around −½ in the training data and around ½ in the test
/// data, a fifth of all, with standard deviation 0.4; |y − ½ sin(πx)| is half of a normal number's.
/// The classes hold before noise is added.
SLOY_EXPORT Split covariate_shift(const Generated& options = {});

/// How `load` finds or makes a set. What the set has no use for is refused.
struct LoadOptions {
  std::string directory = {};  ///< of a set in files
  Generated generated = {};    ///< of a set made by formula; a fifth of it is for tests
};

/// The names `load` knows, in alphabetical order.
SLOY_EXPORT std::vector<std::string> names();

/// A data set by its name: "fashion-mnist", "mnist", "cifar10", "cifar100", "circles", "moons",
/// "spirals", "xor", "gaussians", "plane", "curve", "badly-scaled", "irrelevant-features" or
/// "covariate-shift". Throws ConfigError on another, naming the nearest.
SLOY_EXPORT Split load(std::string_view name, const LoadOptions& options = {});

/// A set's training part without the examples: of what kind they are, and how many.
struct Header {
  Spec spec;
  std::int64_t examples = 0;
};
/// That of `load`'s result: of files only the headers are read.
SLOY_EXPORT Header load_header(std::string_view name, const LoadOptions& options = {});

/// Mean and standard deviation (of the set, not its estimate for a larger one) of the features'
/// raw values, one number a channel: over all examples and all positions of the dimensions before
/// the last.
struct Statistics {
  std::vector<double> mean;                ///< of raw values: pixels of uint8 are 0 to 255
  std::vector<double> standard_deviation;  ///< 0 where all are equal
};

/// Reads every example once. Accumulates in double and in a fixed order, so the result doesn't
/// depend on the number of threads. `part` counts the features. Throws DataError on an empty set.
SLOY_EXPORT Statistics statistics(const Dataset& dataset, std::size_t part = 0);

}  // namespace sloy::data
