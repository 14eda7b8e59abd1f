/// Which columns of a table are learned from, and which is learned.
#pragma once

#include <sloy/data_files.h>

#include <optional>
#include <string>
#include <vector>

#include "data/tables/survey.h"

namespace sloy::data {

/// What a model is to learn from a table.
struct TablePlan {
  TableForm form;
  std::string target;
  std::vector<std::string> classes;  ///< none: the target is a number
  bool fills = false;                ///< whether missing features get a number
};

/// Throws ConfigError where a column that is named isn't there, DataError where one is neither of
/// numbers nor of categories.
TablePlan make_plan(const TableSurvey& table, const CsvFile& file);

/// Throws DataError where values are missing and that isn't allowed.
void check_missing(const TableSurvey& table, const TablePlan& plan, MissingValues policy);

/// The character between cells; "\\t" and "tab" are one too, as shells hand them over. Nothing
/// where there are several.
std::optional<char> separator_of(const CsvFile& file);

/// Tells of a first column that counts the rows, as pandas writes it.
void tell_row_numbers(const TableSurvey& table, const TablePlan& plan,
                      std::vector<Notice>& notices);

/// Tells of a target that is taken for a number, but may be classes that count from 1, or with
/// gaps, and of a first column that is, but probably counts the rows.
void tell_taken_for_number(const TableSurvey& table, const TablePlan& plan, TableTask task,
                           std::vector<Notice>& notices);

}  // namespace sloy::data
