#include "data/tables/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/error.h>
#include <sloy/nearest.h>

#include <algorithm>

#include "data/kinds/parts.h"
#include "data/tables/encode.h"

namespace sloy::data {
namespace {

/// With no more different texts a column may be categories, however few rows there are.
constexpr std::int64_t few_categories = 10;
/// The most numbers from 0 that are taken for classes without being said to be.
constexpr double most_obvious_classes = 100;

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
          : fmt::format(
                "correct it, name it among those that count as missing (missing), or make the "
                "column one of categories: categorical_columns = [\"{}\"]",
                column.name));
}

/// "1,957" or "0,5".
bool is_number_with_comma(std::string_view cell) {
  if (cell.starts_with('-') || cell.starts_with('+')) cell.remove_prefix(1);
  constexpr std::string_view digits = "0123456789";
  return cell.find(',') != cell.npos && cell.find_first_not_of("0123456789,.") == cell.npos &&
         digits.find(cell.front()) != digits.npos && digits.find(cell.back()) != digits.npos;
}

/// Throws DataError where all texts of a column are numbers as some countries write them.
void check_commas(const TableSurvey& table, const ColumnSurvey& column) {
  const bool are_all = std::ranges::all_of(column.different, [](const std::string& cell) {
    return is_number_with_comma(cell) || number_in(cell);
  });
  if (column.texts == 0 || !are_all) return;
  throw DataError(
      fmt::format("the column '{}' has numbers with a comma, as '{}'", column.name, column.text),
      {line_note(table, column.text_line)},
      "write a point for the comma of decimals, nothing for that of thousands");
}

/// Throws DataError where a column is neither of numbers nor of categories, whether or not it
/// `is_said` to be of those.
void check_categories(const TableSurvey& table, const ColumnSurvey& column, bool is_said) {
  if (!is_said) {
    check_commas(table, column);
    check_numbers(table, column);
  }
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

bool are_classes(const ColumnSurvey& target, TableTask task) {
  if (task != TableTask::automatic) return task == TableTask::classification;
  if (!target.is_of_numbers()) return true;
  return target.are_whole && target.lowest == 0 && target.highest < most_obvious_classes &&
         static_cast<double>(target.different.size()) == target.highest + 1;
}

/// Lines that end in a separator make a column of nothing, which is the last.
[[noreturn]] void refuse_empty_target(const TableSurvey& table, const ColumnSurvey& target) {
  if (!target.name.empty() || table.columns.size() < 3) {
    throw DataError(fmt::format("the target '{}' is missing in all rows", target.name),
                    {{"file", table.path}}, "name another target_column");
  }
  throw DataError("the last column has no name and no values", {{"file", table.path}},
                  fmt::format("where lines end in a separator: target_column = \"{}\" and "
                              "ignore_columns = [\"\"]",
                              table.columns[table.columns.size() - 2].name));
}

std::vector<std::string> classes_of(const TableSurvey& table, const ColumnSurvey& target,
                                    TableTask task) {
  if (target.numbers + target.texts == 0) refuse_empty_target(table, target);
  if (task != TableTask::classification) check_commas(table, target);
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
  throw DataError(
      fmt::format("the target '{}' has no value but '{}'", target.name, classes.front()),
      {{"file", table.path}}, "name another target_column, or all class_names");
}

/// Throws DataError on a table of one column, most of which are read with the wrong separator.
void check_separator(const TableSurvey& table) {
  if (table.columns.size() != 1) return;
  const std::string& name = table.columns.front().name;
  constexpr std::string_view others = ";\t|, ";
  const std::size_t place = name.find_first_of(others);
  const std::string separator = place == name.npos ? ";" : name.substr(place, 1);
  throw DataError("the table has one column alone", {{"file", table.path}, {"column", name}},
                  fmt::format("say what stands between the cells: separator = \"{}\"",
                              separator == "\t" ? "\\t" : separator));
}

/// Throws ConfigError where a column to predict from is the one to be predicted, or isn't read.
void check_no_conflict(const CsvFile& file, const std::string& target) {
  if (is_among(target, file.ignore_columns)) {
    throw ConfigError(
        fmt::format("'{}' is the column to be predicted, and among ignore_columns", target), {},
        file.target_column.empty() ? "name another target_column: left out, it is the last"
                                   : "name it in one of them");
  }
  for (const std::string& name : file.feature_columns) {
    if (name != target && !is_among(name, file.ignore_columns)) continue;
    throw ConfigError(
        fmt::format("'{}' is among feature_columns, but it is {}", name,
                    name == target ? "the column to be predicted" : "among ignore_columns"),
        {}, "name it in one of them");
  }
}

/// The column to be predicted: the one that is named, or else the last; of a table with a known
/// form the last one that isn't part of that.
const ColumnSurvey& target_of(const TableSurvey& table, const CsvFile& file) {
  if (!file.target_column.empty()) return find_column(table, file.target_column);
  if (!file.form) return table.columns.back();
  for (std::size_t c = table.columns.size(); c-- > 0;) {
    const std::string& name = table.columns[c].name;
    if (std::ranges::find(file.form->columns, name, &TableColumn::name) ==
        file.form->columns.end()) {
      return table.columns[c];
    }
  }
  throw DataError("the table has no column to be predicted", {{"file", table.path}},
                  "add it, or name it: target_column");
}

/// The features of a table, which nobody has read before.
std::vector<TableColumn> columns_of(const TableSurvey& table, const CsvFile& file,
                                    const std::string& target) {
  std::vector<TableColumn> columns;
  for (const ColumnSurvey& column : table.columns) {
    const bool is_wanted =
        file.feature_columns.empty() || is_among(column.name, file.feature_columns);
    if (!is_wanted || column.name == target || is_among(column.name, file.ignore_columns)) continue;
    columns.push_back(form_of(table, column, file));
  }
  if (!columns.empty()) return columns;
  throw ConfigError("no column is left to predict the target from",
                    {{"file", table.path}, {"target", target}}, "name feature_columns");
}

}  // namespace

TablePlan make_plan(const TableSurvey& table, const CsvFile& file) {
  check_separator(table);
  for (const auto* named :
       {&file.feature_columns, &file.ignore_columns, &file.categorical_columns}) {
    for (const std::string& name : *named) find_column(table, name);
  }
  const ColumnSurvey& target = target_of(table, file);
  check_no_conflict(file, target.name);
  const bool is_filled =
      file.missing_values == MissingValues::mean || file.missing_values == MissingValues::median;
  std::vector<TableColumn> columns =
      file.form ? file.form->columns : columns_of(table, file, target.name);
  std::vector<std::string> classes =
      file.class_names.empty() ? classes_of(table, target, file.task) : file.class_names;
  return {.form = {.columns = std::move(columns),
                   .separator = std::string(1, *separator_of(file)),
                   .has_header = table.has_header,
                   .skip_rows = file.skip_rows,
                   .missing = file.form ? file.form->missing : file.missing},
          .target = target.name,
          .classes = std::move(classes),
          .fills = file.form ? fills_missing(*file.form) : is_filled};
}

void check_missing(const TableSurvey& table, const TablePlan& plan, MissingValues policy) {
  if (policy != MissingValues::refuse || plan.fills) return;
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
  std::vector<Note> notes{
      line_note(table, first->missing_line),
      {"missing", std::to_string(first->missing), fmt::format("of {} in this column", table.rows)}};
  if (!others.empty()) notes.push_back({"in others", others});
  throw DataError(fmt::format("a value of the column '{}' is missing", first->name), notes,
                  "complete them, or say what they become: missing_values = \"mean\", "
                  "\"median\" or \"skip\"");
}

std::optional<char> separator_of(const CsvFile& file) {
  if (file.separator == "\\t" || file.separator == "tab") return '\t';
  if (file.separator.size() != 1) return {};
  return file.separator.front();
}

void tell_row_numbers(const TableSurvey& table, const TablePlan& plan,
                      std::vector<Notice>& notices) {
  const ColumnSurvey& first = table.columns.front();
  const bool is_unnamed = first.name.empty() || first.name.starts_with("Unnamed: ");
  const bool is_learned_from = std::ranges::any_of(
      plan.form.columns, [&](const TableColumn& column) { return column.name == first.name; });
  const bool are_numbers = first.are_whole && first.texts == 0 && first.numbers == table.rows &&
                           first.lowest == 0 &&
                           first.highest == static_cast<double>(table.rows - 1);
  if (!is_unnamed || !is_learned_from || !are_numbers) return;
  notices.push_back(Notice(
      "the first column has no name and counts the rows, but is taken for something to learn from",
      {{"file", table.path}}, fmt::format("leave it out: ignore_columns = [\"{}\"]", first.name)));
}

void tell_taken_for_number(const TableSurvey& table, const TablePlan& plan, TableTask task,
                           std::vector<Notice>& notices) {
  if (!plan.classes.empty()) return;
  const ColumnSurvey& target = find_column(table, plan.target);
  const std::size_t different = target.different.size();
  if (task != TableTask::automatic || !target.are_whole || !may_be_classes(different, table.rows)) {
    return;
  }
  notices.push_back(Notice(
      fmt::format("'{}' is taken for a number to be predicted, not for classes", target.name),
      {{"file", table.path},
       {"values", fmt::format("{} different whole numbers, {} to {}", different, target.lowest,
                              target.highest)}},
      "where each is a class: task = \"classification\"; else task = \"regression\""));
}

}  // namespace sloy::data
