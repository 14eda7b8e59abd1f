#include <fmt/format.h>
#include <sloy/data_view.h>
#include <sloy/error.h>
#include <sloy/layers.h>
#include <sloy/model.h>
#include <sloy/suspicious_labels.h>

#include <algorithm>

#include "base/arguments.h"
#include "data/example_memory.h"
#include "data/images/resize.h"
#include "tensor/permutation.h"

namespace sloy {
namespace {

constexpr std::int64_t steps = 600;
constexpr std::int64_t hidden_units = 128;

/// Examples as the nets see them: images at most so large, labels as numbers.
struct Small {
  data::Dataset base;
  std::vector<std::int32_t> labels;
  data::Spec given;
  bool are_resized = false;

  Small(const data::Dataset& dataset, std::vector<std::int32_t> found, std::int64_t side)
      : base(dataset), labels(std::move(found)) {
    const Type features = base.spec().features[0];
    given = {.features = features,
             .targets = {DType::int32, Shape{}},
             .num_classes = base.spec().num_classes};
    const Shape& shape = features.shape;
    const bool is_image = features.dtype == DType::uint8 && shape.rank() == 3;
    if (!is_image) return;
    const std::int64_t longest = std::max(shape.size(0), shape.size(1));
    if (longest <= side) return;
    const auto smaller = [&](std::int64_t size) {
      return std::max<std::int64_t>(1, size * side / longest);
    };
    given.features = {DType::uint8, {smaller(shape.size(0)), smaller(shape.size(1)), shape[2]}};
    are_resized = true;
  }

  std::int64_t size() const { return base.size(); }
  const data::Spec& spec() const { return given; }
  void read(std::int64_t index, const data::Slot& slot) const {
    const data::ExampleMemory memory(base.spec());
    data::Slot own = memory.slot();
    own.epoch = slot.epoch;
    base.read(index, own);
    slot.target_as<std::int32_t>()[0] = labels[static_cast<std::size_t>(index)];
    const Tensor& features = memory.tensors().features[0];
    if (!are_resized) {
      std::copy_n(features.data(), features.bytes(), slot.features[0].data());
      return;
    }
    const auto image = data::image_of(features);
    const Shape& shape = given.features[0].shape;
    data::resize(image, data::whole_of(image), data::Interpolation::bilinear,
                 {slot.features_as<std::uint8_t>().data(), static_cast<int>(shape.size(0)),
                  static_cast<int>(shape.size(1)), image.channels});
  }
};

data::Dataset small(const data::Dataset& dataset, const CrossValidationOptions& options) {
  require_positive("image_side", options.image_side);
  std::vector<std::int32_t> labels = data::class_labels(dataset);
  const data::Spec& spec = dataset.spec();
  if (labels.empty() || spec.features.size() != 1) {
    throw DataError("labels are looked at where each example has one, and one part of features",
                    {{"features", to_string(spec.features)}, {"targets", to_string(spec.targets)}});
  }
  if (options.folds < 2 || options.folds > dataset.size()) {
    throw DataError(
        fmt::format("{} examples can't be parted into {}", dataset.size(), options.folds), {},
        "give folds of 2 or more, and as many examples");
  }
  const data::Dataset given = Small(dataset, std::move(labels), options.image_side);
  return given.cached();
}

Model make_net(int classes, std::uint64_t seed) {
  Model net = Sequential{Normalization{},
                         Flatten{},
                         Dense{.units = hidden_units, .activation = relu},
                         Dropout{.rate = 0.5},
                         Dense{.units = classes},
                         Softmax{}};
  net.compile({.optimizer = AdamW{.learning_rate = 2e-3, .weight_decay = 1e-2},
               .loss = SparseCategoricalCrossentropy{},
               .seed = seed});
  return net;
}

/// Many examples are not worth more steps than an epoch of few has.
std::int64_t batch_size_for(std::int64_t examples) { return examples < 10'000 ? 32 : 128; }

/// About as many steps for a set of any size.
int epochs_for(std::int64_t examples) {
  const std::int64_t epochs = steps * batch_size_for(examples) / examples;
  return static_cast<int>(std::clamp<std::int64_t>(epochs, 3, 60));
}

}  // namespace

CrossValidation cross_validate(const data::Dataset& dataset,
                               const CrossValidationOptions& options) {
  const data::Dataset examples = small(dataset, options);
  const std::int64_t size = examples.size();
  const int classes = examples.spec().num_classes;
  const Permutation order(static_cast<std::uint64_t>(size),
                          random_key(options.seed, Purpose::split));
  CrossValidation result{.probabilities = Tensor(DType::float32, {size, classes}),
                         .labels = examples.labels()};
  const std::span<float> rows = result.probabilities.mutable_values<float>();
  for (int fold = 0; fold < options.folds; ++fold) {
    std::vector<std::int64_t> held, learned;
    for (std::int64_t position = 0; position < size; ++position) {
      const auto index = static_cast<std::int64_t>(order(static_cast<std::uint64_t>(position)));
      (position % options.folds == fold ? held : learned).push_back(index);
    }
    Model net = make_net(classes, options.seed);
    const std::int64_t count = std::ssize(learned);
    net.fit(examples.subset(std::move(learned)), {.epochs = epochs_for(count),
                                                  .batch_size = batch_size_for(count),
                                                  .verbose = Verbosity::silent});
    const Tensor predicted = net.predict(examples.subset(held));
    const std::span<const float> from = predicted.values<float>();
    for (std::size_t i = 0; i < held.size(); ++i) {
      std::copy_n(&from[i * static_cast<std::size_t>(classes)], classes,
                  &rows[static_cast<std::size_t>(held[i] * classes)]);
    }
  }
  return result;
}

double CrossValidation::accuracy() const {
  if (labels.empty()) return 0;
  const std::span<const float> values = probabilities.values<float>();
  const std::size_t classes = values.size() / labels.size();
  std::int64_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = values.subspan(i * classes, classes);
    right += std::ranges::max_element(row) - row.begin() == labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace sloy
