#include "data/spec_config.h"

#include <fmt/format.h>
#include <sloy/error.h>
#include <sloy/fields.h>

#include <algorithm>

#include "base/limits.h"
#include "files/declared.h"

namespace sloy::data {
namespace {

struct TypeFields {
  DType dtype = DType::float32;
  Shape shape = {};

  static void fields(auto&& field) {
    field("dtype", &TypeFields::dtype, Needed{});
    field("shape", &TypeFields::shape, Needed{});
  }
};

/// A spec as files have it. What is left out is as in a Spec.
struct SpecFields {
  std::vector<TypeFields> features = {};
  std::vector<TypeFields> targets = {};
  std::vector<TypeFields> weights = {};
  int num_classes = 0;
  std::vector<std::string> class_names = {};
  std::optional<ImageForm> image_form = {};
  std::optional<TableForm> table_form = {};

  static void fields(auto&& field) {
    using Self = SpecFields;
    field("features", &Self::features, Needed{});
    field("targets", &Self::targets, Needed{});
    field("weights", &Self::weights, Needed{});
    field("num_classes", &Self::num_classes, Needed{});
    field("class_names", &Self::class_names, Needed{});
    field("image_form", &Self::image_form, Needed{});
    field("table_form", &Self::table_form, Needed{});
  }
};

std::vector<TypeFields> fields_of(const Types& types) {
  std::vector<TypeFields> fields;
  for (const Type& type : types) fields.push_back({type.dtype, type.shape});
  return fields;
}

Types types_of(const std::vector<TypeFields>& fields) {
  std::vector<Type> types;
  for (const TypeFields& type : fields) types.push_back({type.dtype, type.shape});
  return Types(std::move(types));
}

void check(const Types& types, std::string_view what) {
  for (const Type& type : types) {
    const bool is_fixed = std::all_of(type.shape.begin(), type.shape.end(), [](const Dim& dim) {
      return !dim.is_symbolic() && dim.size() >= 0;
    });
    if (is_fixed && declared_elements(type.shape)) continue;
    throw DataError(fmt::format("the {} of an example can't be {}", what, to_string(type)));
  }
}

bool has_weights_of(const Spec& spec) {
  const std::size_t count = spec.weights.size();
  return (count <= 1 || count == spec.targets.size()) &&
         std::all_of(spec.weights.begin(), spec.weights.end(),
                     [](const Type& type) { return type.dtype == DType::float32; });
}

bool is_first_feature(const Spec& spec, const Type& type) {
  return spec.features.size() == 1 && spec.features[0] == type;
}

}  // namespace

void check(const Spec& spec) {
  check(spec.features, "features");
  check(spec.targets, "targets");
  check(spec.weights, "weights");
  if (!has_weights_of(spec)) {
    throw DataError("the examples' weights are no weights",
                    {{"weights", to_string(spec.weights)}, {"targets", to_string(spec.targets)}},
                    "give float32, none, one for all targets or one for each");
  }
  if (spec.num_classes < 0 || spec.num_classes > limits.classes) {
    throw DataError(fmt::format("there can't be {} classes", spec.num_classes));
  }
  if (spec.class_names.size() > static_cast<std::size_t>(spec.num_classes)) {
    throw DataError(
        fmt::format("{} names are given to {} classes", spec.class_names.size(), spec.num_classes));
  }
  if (const auto& form = spec.image_form) {
    if (!is_first_feature(spec, {DType::uint8, {form->height, form->width, form->channels()}})) {
      throw DataError("the examples are no images of the form they are said to have",
                      {{"features", to_string(spec.features)}});
    }
  }
  if (const auto& form = spec.table_form) {
    if (!is_first_feature(spec, {DType::float32, {form->width()}})) {
      throw DataError("the examples are no rows of the form they are said to have",
                      {{"features", to_string(spec.features)}});
    }
  }
}

Config to_config(const Spec& spec) {
  return sloy::to_config(SpecFields{.features = fields_of(spec.features),
                                    .targets = fields_of(spec.targets),
                                    .weights = fields_of(spec.weights),
                                    .num_classes = spec.num_classes,
                                    .class_names = spec.class_names,
                                    .image_form = spec.image_form,
                                    .table_form = spec.table_form});
}

void from_config(const Config& config, Spec& spec) {
  SpecFields read;
  sloy::from_config(config, read);
  spec = {.features = types_of(read.features),
          .targets = types_of(read.targets),
          .num_classes = read.num_classes,
          .class_names = std::move(read.class_names),
          .weights = types_of(read.weights),
          .image_form = read.image_form,
          .table_form = std::move(read.table_form)};
  check(spec);
}

}  // namespace sloy::data
