#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/kinds/parts.h"
#include "data/labels.h"
#include "data/memory.h"
#include "data/tables/differences.h"
#include "data/tables/encode.h"
#include "data/tables/lines.h"
#include "data/tables/plan.h"
#include "data/tables/survey.h"

namespace sloy::data {
namespace {

void check(const CsvFile& file) {
  const auto refuse = [](const std::string& sentence, const std::string& fix) {
    throw ConfigError(sentence, {}, fix);
  };
  if (file.path.empty()) refuse("it isn't said where the table is", "give path, a CSV file");
  if (!separator_of(file)) {
    refuse(fmt::format("the separator of cells is one character, not '{}'", file.separator),
           "separator = \";\" for a semicolon, separator = \"tab\" for a tab");
  }
  if (file.skip_rows < 0) refuse("skip_rows is negative", "give 0 or more");
  check_test_split(file.test_split);
  check_class_names(file.class_names);
  if (!file.class_names.empty() && file.task == TableTask::regression) {
    refuse("class_names are of classes, and the task is regression", "leave one of them out");
  }
  if (file.test_split > 0 && !file.test_path.empty()) {
    refuse("test_split and test_path both say which data are for tests", "give one of them");
  }
}

TableLayout layout_of(const CsvFile& file) {
  return {.separator = *separator_of(file), .has_header = file.header, .skip_rows = file.skip_rows};
}

/// The numbers of a table's rows; features that are missing are not-a-number.
struct Rows {
  std::vector<float> features;
  std::vector<float> numbers;        ///< targets that are numbers
  std::vector<std::int32_t> labels;  ///< targets that are classes
  std::vector<SkippedFile> skipped;
  std::vector<std::int64_t> lines;    ///< where the rows stand
  std::vector<std::int64_t> missing;  ///< values, of each feature, then of the target
  std::vector<Notice> notices;        ///< what a model didn't see, where one has learned the form
  std::int64_t count = 0;
};

class RowReader {
 public:
  RowReader(const TablePlan& plan, const CsvFile& file, const std::string& path)
      : plan_(plan),
        file_(file),
        table_(path, layout_of(plan.form)),
        encoder_(plan.form, table_),
        target_(table_.place_of(plan.target, "add the column: it is the target")) {}

  Rows read() {
    Rows rows;
    rows.missing.resize(plan_.form.columns.size() + 1);
    std::vector<float> row(static_cast<std::size_t>(plan_.form.width()));
    Differences differences(plan_.form);
    while (table_.next()) {
      std::string missing;
      encoder_.encode(table_, row.data(), [&](std::size_t column) {
        ++rows.missing[column];
        differences.add_missing(column, table_.line());
        if (missing.empty()) missing = plan_.form.columns[column].name;
      });
      const bool has_target =
          !is_missing(without_blanks(table_.cells()[target_]), plan_.form.missing);
      if (!has_target) {
        ++rows.missing.back();
        missing = plan_.target;
      }
      if (!missing.empty() && !(has_target && plan_.fills)) {
        refuse_or_skip(missing, rows);
        continue;
      }
      if (file_.form) differences.look_at(table_, encoder_, row);
      rows.features.insert(rows.features.end(), row.begin(), row.end());
      read_target(rows);
      rows.lines.push_back(table_.line());
      ++rows.count;
    }
    if (file_.form) differences.tell(table_.path(), rows.notices);
    return rows;
  }

 private:
  void refuse_or_skip(const std::string& column, Rows& rows) const {
    const std::string why = fmt::format("a value of the column '{}' is missing", column);
    if (file_.missing_values == MissingValues::refuse && !plan_.fills) {
      throw DataError(why, {{"file", table_.path(), fmt::format("line {}", table_.line())}},
                      "complete it, or say what becomes of such rows: missing_values");
    }
    rows.skipped.push_back({line_name(table_.path(), table_.line()), why});
  }

  void read_target(Rows& rows) const {
    const std::string_view cell = without_blanks(table_.cells()[target_]);
    const auto refuse = [&](const std::string& sentence, const std::string& fix) {
      throw DataError(sentence,
                      {{"file", table_.path(), fmt::format("line {}", table_.line())},
                       {"column", plan_.target}},
                      fix);
    };
    if (plan_.classes.empty()) {
      const std::optional<double> number = number_in(cell);
      if (!number) refuse(fmt::format("'{}' is no number", cell), "correct the cell");
      rows.numbers.push_back(static_cast<float>(*number));
      return;
    }
    const std::optional<std::size_t> label = find_category(plan_.classes, cell);
    if (!label) {
      refuse(fmt::format("'{}' is none of the classes to learn", cell),
             fmt::format("correct the cell; the classes are {}", fmt::join(plan_.classes, ", ")));
    }
    rows.labels.push_back(static_cast<std::int32_t>(*label));
  }

  const TablePlan& plan_;
  const CsvFile& file_;
  TableReader table_;
  RowEncoder encoder_;
  std::size_t target_;
};

double mean(const std::vector<float>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return sum / static_cast<double>(values.size());
}

/// The middle one, or the mean of the middle two.
double median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + double{*middle}) / 2;
}

/// What a missing number becomes, from the rows to learn from: (rows, form.width()).
void learn_fill(TableForm& form, const Tensor& learned, MissingValues policy) {
  const auto width = static_cast<std::size_t>(form.width());
  const std::span<const float> features = learned.values<float>();
  const std::vector<std::size_t> places = places_of(form);
  for (std::size_t c = 0; c < places.size(); ++c) {
    TableColumn& column = form.columns[c];
    if (!column.categories.empty()) continue;
    std::vector<float> values;
    for (std::size_t at = places[c]; at < features.size(); at += width) {
      if (!std::isnan(features[at])) values.push_back(features[at]);
    }
    if (values.empty()) continue;
    column.fill = policy == MissingValues::mean ? mean(values) : median(values);
  }
}

Dataset dataset_of(const TablePlan& plan, const Rows& rows, const std::string& path) {
  if (rows.count == 0) {
    throw DataError("no row of the table is left", {{"file", path}},
                    "say what becomes of missing values: missing_values = \"mean\"");
  }
  const Tensor features({rows.count, plan.form.width()}, rows.features);
  const Dataset plain =
      plan.classes.empty()
          ? from_tensors(features, Tensor({rows.count, 1}, rows.numbers))
          : from_tensors(features, Tensor({rows.count}, rows.labels), plan.classes);
  Spec spec = plain.spec();
  spec.table_form = plan.form;
  return with_lines(with_spec(plain, std::move(spec)), path, rows.lines);
}

/// Adds what was missing in some of the rows to what is known of all.
void add_missing(Parts& parts, const TablePlan& plan, const Rows& rows) {
  for (std::size_t c = 0; c < rows.missing.size(); ++c) {
    if (rows.missing[c] == 0) continue;
    const bool is_target = c == plan.form.columns.size();
    const std::string& name = is_target ? plan.target : plan.form.columns[c].name;
    const auto found =
        std::ranges::find(parts.missing, name, &std::pair<std::string, std::int64_t>::first);
    if (found == parts.missing.end()) {
      parts.missing.emplace_back(name, rows.missing[c]);
    } else {
      found->second += rows.missing[c];
    }
  }
}

Parts split(const Dataset& all, double test_split) {
  Parts parts;
  parts.train = all;
  return with_test_split(std::move(parts), test_split);
}

}  // namespace

Parts CsvFile::load() const {
  check(*this);
  const TableSurvey found = survey(path, layout_of(*this), form ? form->missing : missing);
  TablePlan plan = make_plan(found, *this);
  check_missing(found, plan, missing_values);
  std::vector<Notice> notices;
  tell_row_numbers(found, plan, notices);
  tell_taken_for_number(found, plan, task, notices);
  Rows rows = RowReader(plan, *this, path).read();
  Parts parts = split(dataset_of(plan, rows, path), test_split);
  if (plan.fills) {
    // Of the rows to learn from alone; which those are doesn't change by it.
    if (!form) learn_fill(plan.form, parts.train.features().front(), missing_values);
    fill_missing(plan.form, rows.features);
    parts = split(dataset_of(plan, rows, path), test_split);
  }
  parts.notices = std::move(notices);
  const auto add_notices = [&](const Rows& read) {
    parts.notices.insert(parts.notices.end(), read.notices.begin(), read.notices.end());
  };
  add_notices(rows);
  parts.skipped = rows.skipped;
  add_missing(parts, plan, rows);
  if (!test_path.empty()) {
    Rows tests = RowReader(plan, *this, test_path).read();
    if (plan.fills) fill_missing(plan.form, tests.features);
    add_notices(tests);
    parts.skipped.insert(parts.skipped.end(), tests.skipped.begin(), tests.skipped.end());
    add_missing(parts, plan, tests);
    parts.test = dataset_of(plan, tests, test_path);
  }
  return parts;
}

/// Which columns are numbers, and which classes there are, only all rows tell.
Header CsvFile::load_header() const {
  const Parts parts = load();
  return {parts.train.spec(), parts.train.size()};
}

}  // namespace sloy::data
