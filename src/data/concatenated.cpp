#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data.h>
#include <sloy/error.h>

#include <algorithm>

namespace sloy::data {
namespace {

std::string columns_text(const TableForm& form) {
  std::vector<std::string> names;
  for (const TableColumn& column : form.columns) names.push_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string classes_text(const Spec& spec) {
  return spec.class_names.empty() ? fmt::format("{} without names", spec.num_classes)
                                  : fmt::format("{}", fmt::join(spec.class_names, ", "));
}

/// What examples of both are like. Throws DataError where they aren't alike.
Spec common(const Spec& first, const Spec& second) {
  const auto fail = [](std::string_view what, std::string of_first, std::string of_second) {
    throw DataError(fmt::format("data with other {} can't be put behind these", what),
                    {{"these", std::move(of_first)}, {"others", std::move(of_second)}},
                    "read both in the same way");
  };
  const auto check = [&](std::string_view what, const Types& a, const Types& b) {
    if (a != b) fail(what, to_string(a), to_string(b));
  };
  check("features", first.features, second.features);
  check("targets", first.targets, second.targets);
  check("weights", first.weights, second.weights);
  const bool both_named = !first.class_names.empty() && !second.class_names.empty();
  if ((first.num_classes > 0) != (second.num_classes > 0) ||
      (both_named && first.class_names != second.class_names)) {
    fail("classes", classes_text(first), classes_text(second));
  }
  if (first.first_reproduced != second.first_reproduced) {
    const auto text = [](const Spec& spec) {
      return spec.first_reproduced ? "targets are features" : "targets are no features";
    };
    fail("targets", text(first), text(second));
  }
  const auto& table = first.table_form;
  if (table && second.table_form && table->columns != second.table_form->columns) {
    fail("columns or categories", columns_text(*table), columns_text(*second.table_form));
  }
  Spec both = first;
  both.num_classes = std::max(first.num_classes, second.num_classes);
  if (first.class_names.empty()) both.class_names = second.class_names;
  // Names are of all classes or of none.
  if (static_cast<int>(both.class_names.size()) != both.num_classes) both.class_names.clear();
  return both;
}

/// One set behind another.
class Concatenated {
 public:
  Concatenated(Dataset first, Dataset second)
      : spec_(common(first.spec(), second.spec())),
        first_(std::move(first)),
        second_(std::move(second)) {}

  std::int64_t size() const { return first_.size() + second_.size(); }
  const Spec& spec() const { return spec_; }
  void read(std::int64_t index, const Slot& slot) const {
    const auto [set, place] = locate(index);
    set.read(place, slot);
  }
  bool is_in_memory() const { return first_.is_in_memory() && second_.is_in_memory(); }
  std::int32_t label(std::int64_t index) const {
    const auto [set, place] = locate(index);
    return set.label(place);
  }
  std::string name(std::int64_t index) const {
    const auto [set, place] = locate(index);
    return set.name(place);
  }

 private:
  struct Place {
    const Dataset& set;
    std::int64_t index;
  };
  Place locate(std::int64_t index) const {
    const bool is_first = index < first_.size();
    return {is_first ? first_ : second_, is_first ? index : index - first_.size()};
  }

  Spec spec_;
  Dataset first_;
  Dataset second_;
};

}  // namespace

Dataset Dataset::concatenated(const Dataset& other) const {
  if (other.empty()) return *this;
  if (empty()) return other;
  return Concatenated(*this, other);
}

}  // namespace sloy::data
