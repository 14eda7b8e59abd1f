#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/data_files.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/kinds/parts.h"
#include "data/memory.h"
#include "data/tables/encode.h"
#include "data/tables/lines.h"
#include "data/tables/survey.h"

namespace sloy::data {
namespace {

/// With no more different texts a column may be categories, however few rows there are.
constexpr std::int64_t few_categories = 10;
/// The most numbers from 0 that are taken for classes without being said to be.
constexpr double most_obvious_classes = 100;

void check(const CsvFile& file) {
  const auto refuse = [](const std::string& sentence, const std::string& fix) {
    throw ConfigError(sentence, {}, fix);
  };
  if (file.path.empty()) refuse("it isn't said where the table is", "give path, a CSV file");
  if (file.separator.size() != 1) {
    refuse(fmt::format("cells can't be apart by '{}'", file.separator),
           "give separator one character: \",\", \";\", \"\\t\" or \" \"");
  }
  if (file.skip_rows < 0) refuse("skip_rows is negative", "give 0 or more");
  check_test_split(file.test_split);
  if (file.test_split > 0 && !file.test_path.empty()) {
    refuse("test_split and test_path both say which data are for tests", "give one of them");
  }
}

TableLayout layout_of(const CsvFile& file) {
  return {
      .separator = file.separator.front(), .has_header = file.header, .skip_rows = file.skip_rows};
}

const ColumnSurvey& find_column(const TableSurvey& table, const std::string& name) {
  std::vector<std::string_view> names;
  for (const ColumnSurvey& column : table.columns) {
    if (column.name == name) return column;
    names.push_back(column.name);
  }
  throw ConfigError(fmt::format("the table has no column '{}'", name),
                    {{"file", table.path}, {"columns", fmt::format("{}", fmt::join(names, ", "))}},
                    did_you_mean(name, names, "name one of the columns"));
}

bool is_among(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Note line_note(const TableSurvey& table, std::int64_t line) {
  return {"file", table.path, fmt::format("line {}", line)};
}

/// Throws DataError where a column is half numbers: neither those nor texts are meant then.
void check_numbers(const TableSurvey& table, const ColumnSurvey& column) {
  if (column.texts == 0 || column.numbers <= column.texts) return;
  const bool is_first_row =
      column.texts == 1 && !table.has_header && column.text_line == table.first_line;
  throw DataError(
      fmt::format("the column '{}' is of numbers, but '{}' is none", column.name, column.text),
      {line_note(table, column.text_line),
       {"numbers", std::to_string(column.numbers), fmt::format("of {} cells", table.rows)}},
      is_first_row
          ? std::string("where the first row is no example: header = true, or skip_rows = 1")
          : fmt::format("correct it, name it among those that say nothing (missing), or make the "
                        "column one of categories: categorical_columns = [\"{}\"]",
                        column.name));
}

/// Throws DataError where a column is neither of numbers nor of categories, whether or not it
/// `is_said` to be of those.
void check_categories(const TableSurvey& table, const ColumnSurvey& column, bool is_said) {
  if (!is_said) check_numbers(table, column);
  const auto different = static_cast<std::int64_t>(column.different.size());
  const bool are_names = !is_said && different > few_categories && 2 * different > column.texts;
  if (are_names || column.different.size() > most_categories) {
    throw DataError(
        fmt::format("the column '{}' has too many different texts to be categories", column.name),
        {line_note(table, column.text_line),
         {"as", column.text},
         {"different",
          are_names ? std::to_string(different) : fmt::format("over {}", most_categories),
          fmt::format("of {} rows", table.rows)}},
        fmt::format("leave it out: ignore_columns = [\"{}\"]", column.name));
  }
}

/// How a feature is read.
TableColumn form_of(const TableSurvey& table, const ColumnSurvey& column, const CsvFile& file) {
  if (column.numbers + column.texts == 0) {
    throw DataError(fmt::format("the column '{}' is empty", column.name), {{"file", table.path}},
                    fmt::format("leave it out: ignore_columns = [\"{}\"]", column.name));
  }
  const bool is_category = is_among(column.name, file.categorical_columns);
  if (column.is_of_numbers() && !is_category) return {.name = column.name};
  check_categories(table, column, is_category);
  return {.name = column.name, .categories = category_names(column.different)};
}

/// What a model is to learn from a table.
struct Plan {
  TableForm form;
  std::string target;
  std::vector<std::string> classes;  ///< none: the target is a number
};

bool are_classes(const ColumnSurvey& target, TableTask task) {
  if (task != TableTask::automatic) return task == TableTask::classification;
  if (!target.is_of_numbers()) return true;
  return target.are_whole && target.lowest == 0 && target.highest < most_obvious_classes &&
         static_cast<double>(target.different.size()) == target.highest + 1;
}

std::vector<std::string> classes_of(const TableSurvey& table, const ColumnSurvey& target,
                                    TableTask task) {
  if (task == TableTask::automatic) check_numbers(table, target);
  if (!are_classes(target, task)) {
    if (target.is_of_numbers()) return {};
    throw DataError(fmt::format("'{}' is no number to be predicted", target.text),
                    {line_note(table, target.text_line), {"column", target.name}},
                    "correct the cell, or write task = \"classification\"");
  }
  if (target.different.size() > most_categories) {
    throw DataError(fmt::format("the column '{}' has more than {} different values, too many to be "
                                "classes",
                                target.name, most_categories),
                    {line_note(table, target.text_line)},
                    "name another target_column, or write task = \"regression\"");
  }
  std::vector<std::string> classes = category_names(target.different);
  if (classes.size() >= 2) return classes;
  throw DataError(fmt::format("the column '{}' says nothing but '{}'", target.name,
                              classes.empty() ? "" : classes.front()),
                  {{"file", table.path}}, "name another target_column");
}

/// Throws ConfigError where a column to predict from is the one to be predicted, or isn't read.
void check_no_conflict(const CsvFile& file, const std::string& target) {
  for (const std::string& name : file.feature_columns) {
    if (name != target && !is_among(name, file.ignore_columns)) continue;
    throw ConfigError(
        fmt::format("'{}' is among feature_columns, but it is {}", name,
                    name == target ? "the column to be predicted" : "among ignore_columns"),
        {}, "name it in one of them");
  }
}

Plan make_plan(const TableSurvey& table, const CsvFile& file) {
  for (const auto* named :
       {&file.feature_columns, &file.ignore_columns, &file.categorical_columns}) {
    for (const std::string& name : *named) find_column(table, name);
  }
  const ColumnSurvey& target =
      file.target_column.empty() ? table.columns.back() : find_column(table, file.target_column);
  if (table.columns.size() == 1) {
    throw DataError("the table has one column alone",
                    {{"file", table.path}, {"column", target.name}},
                    "say what stands between the cells: separator = \";\", \"\\t\" or \" \"");
  }
  check_no_conflict(file, target.name);
  Plan plan;
  plan.form = {.columns = {},
               .separator = file.separator,
               .has_header = table.has_header,
               .skip_rows = file.skip_rows,
               .missing = file.missing};
  plan.target = target.name;
  plan.classes = classes_of(table, target, file.task);
  for (const ColumnSurvey& column : table.columns) {
    const bool is_wanted =
        file.feature_columns.empty() || is_among(column.name, file.feature_columns);
    if (!is_wanted || column.name == target.name || is_among(column.name, file.ignore_columns))
      continue;
    plan.form.columns.push_back(form_of(table, column, file));
  }
  if (plan.form.columns.empty()) {
    throw ConfigError("no column is left to predict the target from",
                      {{"file", table.path}, {"target", target.name}}, "name feature_columns");
  }
  return plan;
}

/// Throws DataError where cells say nothing and that isn't allowed.
void check_missing(const TableSurvey& table, const Plan& plan, MissingValues policy) {
  if (policy != MissingValues::refuse) return;
  std::vector<std::string> used{plan.target};
  for (const TableColumn& column : plan.form.columns) used.push_back(column.name);
  const ColumnSurvey* first = nullptr;
  std::string others;
  for (const std::string& name : used) {
    const ColumnSurvey& column = find_column(table, name);
    if (column.missing == 0) continue;
    if (!first) {
      first = &column;
    } else {
      others += fmt::format("{}'{}' {}", others.empty() ? "" : ", ", name, column.missing);
    }
  }
  if (!first) return;
  std::vector<Note> notes{line_note(table, first->missing_line),
                          {"such cells", std::to_string(first->missing),
                           fmt::format("of {} in this column", table.rows)}};
  if (!others.empty()) notes.push_back({"in others", others});
  throw DataError(fmt::format("a cell of the column '{}' says nothing", first->name), notes,
                  "complete them, or say what they become: missing_values = \"mean\", "
                  "\"median\" or \"skip\"");
}

/// Whether missing features get a number.
bool is_filled(const CsvFile& file) {
  return file.missing_values == MissingValues::mean || file.missing_values == MissingValues::median;
}

/// The numbers of a table's rows; features that are missing are not-a-number.
struct Rows {
  std::vector<float> features;
  std::vector<float> numbers;        ///< targets that are numbers
  std::vector<std::int32_t> labels;  ///< targets that are classes
  std::vector<SkippedFile> skipped;
  std::vector<std::int64_t> lines;    ///< where the rows stand
  std::vector<std::int64_t> missing;  ///< cells that say nothing: of each feature, then the target
  std::int64_t count = 0;
};

class RowReader {
 public:
  RowReader(const Plan& plan, const CsvFile& file, const std::string& path)
      : plan_(plan),
        file_(file),
        table_(path, layout_of(plan.form)),
        encoder_(plan.form, table_),
        target_(table_.place_of(plan.target, "add the column: it is the target")) {}

  Rows read() {
    Rows rows;
    rows.missing.resize(plan_.form.columns.size() + 1);
    std::vector<float> row(static_cast<std::size_t>(plan_.form.width()));
    while (table_.next()) {
      std::string missing;
      encoder_.encode(table_, row.data(), [&](std::size_t column) {
        ++rows.missing[column];
        if (missing.empty()) missing = plan_.form.columns[column].name;
      });
      const bool has_target = !is_missing(without_blanks(table_.cells()[target_]), file_.missing);
      if (!has_target) {
        ++rows.missing.back();
        missing = plan_.target;
      }
      if (!missing.empty() && !(has_target && is_filled(file_))) {
        refuse_or_skip(missing, rows);
        continue;
      }
      rows.features.insert(rows.features.end(), row.begin(), row.end());
      read_target(rows);
      rows.lines.push_back(table_.line());
      ++rows.count;
    }
    return rows;
  }

 private:
  void refuse_or_skip(const std::string& column, Rows& rows) const {
    const std::string why = fmt::format("a cell of the column '{}' says nothing", column);
    if (file_.missing_values == MissingValues::refuse) {
      throw DataError(why, {{"file", table_.path(), fmt::format("line {}", table_.line())}},
                      "complete it, or say what becomes of such cells: missing_values");
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

  const Plan& plan_;
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

Dataset dataset_of(const Plan& plan, const Rows& rows, const std::string& path) {
  if (rows.count == 0) {
    throw DataError("no row of the table is left", {{"file", path}},
                    "say what becomes of cells that say nothing: missing_values = \"mean\"");
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
void add_missing(Parts& parts, const Plan& plan, const Rows& rows) {
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
  const TableSurvey found = survey(path, layout_of(*this), missing);
  Plan plan = make_plan(found, *this);
  check_missing(found, plan, missing_values);
  Rows rows = RowReader(plan, *this, path).read();
  Parts parts = split(dataset_of(plan, rows, path), test_split);
  if (is_filled(*this)) {
    // Of the rows to learn from alone; which those are doesn't change by it.
    learn_fill(plan.form, parts.train.features().front(), missing_values);
    fill_missing(plan.form, rows.features);
    parts = split(dataset_of(plan, rows, path), test_split);
  }
  parts.skipped = rows.skipped;
  add_missing(parts, plan, rows);
  if (!test_path.empty()) {
    Rows tests = RowReader(plan, *this, test_path).read();
    if (is_filled(*this)) fill_missing(plan.form, tests.features);
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
