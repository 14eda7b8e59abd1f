#include "data_report.h"

#include <fmt/format.h>
#include <algorithm>

#include "console.h"
#include "report.h"

namespace sloy::cli {
namespace {

/// A longer list of numbers tells nobody anything; --json has it all.
constexpr std::size_t most_numbers = 8;

/// Of examples that are there twice.
constexpr std::size_t most_pairs = 5;

using Missing = std::vector<std::pair<std::string, std::int64_t>>;
using Summaries = std::vector<data::NumberSummary>;

Config class_counts(const data::Dataset& dataset) {
  const data::Spec& spec = dataset.spec();
  const std::vector<std::int32_t> labels = data::class_labels(dataset);
  Config::Map counts;
  if (labels.empty()) return counts;
  std::vector<std::int64_t> by_class(static_cast<std::size_t>(spec.num_classes));
  for (const std::int32_t label : labels) {
    const auto place = static_cast<std::size_t>(label);
    if (place < by_class.size()) ++by_class[place];
  }
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    counts.emplace_back(spec.class_name(static_cast<std::int64_t>(c)), by_class[c]);
  }
  return counts;
}

/// One figure of all summaries.
Config figures(const Summaries& summaries, double data::NumberSummary::*figure) {
  Config::List list;
  for (const data::NumberSummary& summary : summaries) list.push_back(summary.*figure);
  return list;
}

void set_numbers(Config& event, const data::NumberSummary& summary) {
  event["mean"] = summary.mean;
  event["deviation"] = summary.standard_deviation;
  event["min"] = summary.lowest;
  event["max"] = summary.highest;
}

Config columns_of(const data::TableForm& form, const Summaries& numbers, const Missing& missing) {
  Config::List columns;
  std::size_t next = 0;
  for (const data::TableColumn& column : form.columns) {
    Config described;
    described["name"] = column.name;
    described["kind"] = column.categories.empty() ? "number" : "categories";
    if (column.categories.empty()) {
      set_numbers(described, numbers[next++]);
    } else {
      Config::Map shares;
      for (const std::string& category : column.categories) {
        shares.emplace_back(category, numbers[next++].mean);
      }
      described["categories"] = std::move(shares);
    }
    const auto found = std::ranges::find(missing, column.name, &Missing::value_type::first);
    described["missing"] = found == missing.end() ? std::int64_t{0} : found->second;
    columns.push_back(std::move(described));
  }
  return columns;
}

/// A row of the table of columns.
std::vector<std::string> column_row(const Config& column) {
  std::vector<std::string> row{indent + column.at("name").as_string()};
  if (const Config* categories = column.find("categories")) {
    const Config::Map& shares = categories->as_map();
    const auto most = std::ranges::max_element(
        shares, {}, [](const auto& share) { return share.second.as_number(); });
    row.push_back(fmt::format("{} categories", shares.size()));
    row.insert(row.end(), 4, "");
    row.push_back(count_text(column.at("missing").as_integer()));
    row.push_back(fmt::format("{} {:.0f} %", most->first, 100 * most->second.as_number()));
    return row;
  }
  row.push_back("number");
  for (const char* figure : {"mean", "deviation", "min", "max"}) {
    row.push_back(fmt::format("{:.4g}", column.at(figure).as_number()));
  }
  row.push_back(count_text(column.at("missing").as_integer()));
  return row;
}

std::string columns_text(const Config& columns) {
  std::vector<std::vector<std::string>> rows{
      {std::string(indent) + "column", "kind", "mean", "deviation", "min", "max", "missing"}};
  for (const Config& column : columns.as_list()) {
    rows.push_back(column_row(column));
    const bool has_more = rows.back().size() > rows.front().size();
    if (has_more) rows.front().push_back("most often");
  }
  return table_text(rows);
}

std::string numbers_text(const Config& list) {
  const Config::List& numbers = list.as_list();
  std::string text;
  for (std::size_t i = 0; i < std::min(numbers.size(), most_numbers); ++i) {
    text += fmt::format("{}{:.4g}", i == 0 ? "" : ", ", numbers[i].as_number());
  }
  const bool is_cut = numbers.size() > most_numbers;
  return is_cut ? fmt::format("{} and {} more", text, numbers.size() - most_numbers) : text;
}

/// How many of the features are the same in every example: nothing can be learned from those.
std::int64_t count_constant(const Config& event) {
  const Config::List& lowest = event.at("min").as_list();
  const Config::List& highest = event.at("max").as_list();
  std::int64_t count = 0;
  for (std::size_t i = 0; i < lowest.size(); ++i) count += lowest[i] == highest[i] ? 1 : 0;
  return count;
}

void print_numbers(const Config& event) {
  print(fmt::format("{}mean {}   deviation {}", indent, numbers_text(event.at("mean")),
                    numbers_text(event.at("deviation"))));
  print(fmt::format("{}from {}   to {}", indent, numbers_text(event.at("min")),
                    numbers_text(event.at("max"))));
}

void set_place(Config& pair, const std::string& prefix, const NamedParts& parts,
               const data::PartExample& place) {
  const auto& [name, dataset] = parts[place.part];
  pair[prefix + "part"] = name;
  pair[prefix + "index"] = place.index;
  pair[prefix + "name"] = dataset.name(place.index);
}

std::string name_in(const Config& pair, const std::string& prefix) {
  return name_of(pair.at(prefix + "part").as_string(), pair.at(prefix + "index").as_integer(),
                 pair.at(prefix + "name").as_string());
}

/// "1 of them is", "2 of them are".
std::string of_them(std::int64_t count, const char* one, const char* many) {
  return fmt::format("{}{} of them {}", indent, count_text(count), count == 1 ? one : many);
}

/// Classes and how many examples each has. Of very many without any only their number is told.
void print_classes(const Config::Map& counts) {
  constexpr std::int64_t most_empty = 20;
  std::int64_t empty = 0;
  for (const auto& [name, count] : counts) {
    if (count.as_integer() == 0) ++empty;
  }
  const bool all_shown = empty <= most_empty;
  std::vector<std::vector<std::string>> rows{{std::string(indent) + "class", "examples"}};
  for (const auto& [name, count] : counts) {
    if (all_shown || count.as_integer() > 0) {
      rows.push_back({indent + name, count_text(count.as_integer())});
    }
  }
  if (rows.size() > 1) print(table_text(rows));
  if (!all_shown) print(fmt::format("{}{} classes have no examples", indent, count_text(empty)));
}

}  // namespace

Config describe_part(const std::string& part, const data::Dataset& dataset,
                     const Missing& missing) {
  const data::Spec& spec = dataset.spec();
  const Summaries numbers = data::summarize_features(dataset);
  Config event;
  event["event"] = "data";
  event["part"] = part;
  event["examples"] = dataset.size();
  event["features"] = to_string(spec.features);
  event["target"] = to_string(spec.targets);
  event["mean"] = figures(numbers, &data::NumberSummary::mean);
  event["deviation"] = figures(numbers, &data::NumberSummary::standard_deviation);
  event["min"] = figures(numbers, &data::NumberSummary::lowest);
  event["max"] = figures(numbers, &data::NumberSummary::highest);
  std::int64_t not_finite = 0;
  for (const data::NumberSummary& summary : numbers) not_finite += summary.not_finite;
  event["not_finite"] = not_finite;
  event["classes"] = class_counts(dataset);
  if (spec.table_form) event["columns"] = columns_of(*spec.table_form, numbers, missing);
  if (spec.num_classes > 0 || spec.targets.empty()) return event;
  Config::List targets;
  for (const data::NumberSummary& summary : data::summarize_targets(dataset)) {
    Config described;
    set_numbers(described, summary);
    targets.push_back(std::move(described));
  }
  event["targets"] = std::move(targets);
  return event;
}

void print_part(const Config& event) {
  print(fmt::format("{:<12}{} examples of {}, target {}", event.at("part").as_string(),
                    count_text(event.at("examples").as_integer()), event.at("features").as_string(),
                    event.at("target").as_string()));
  const Config* columns = event.find("columns");
  if (columns) {
    print(columns_text(*columns));
  } else {
    print_numbers(event);
  }
  if (const std::int64_t bad = event.at("not_finite").as_integer(); bad > 0) {
    print(fmt::format("{}{} {} not finite", indent, count_text(bad),
                      bad == 1 ? "number is" : "numbers are"));
  }
  if (const std::int64_t same = count_constant(event); same > 0) {
    print(fmt::format("{}{} of {} numbers never vary", indent, same,
                      event.at("min").as_list().size()));
  }
  if (const Config* targets = event.find("targets")) {
    std::size_t shown = 0;
    for (const Config& target : targets->as_list()) {
      if (shown++ == most_numbers) break;
      print(fmt::format("{}target      mean {:.4g}   deviation {:.4g}   from {:.4g} to {:.4g}",
                        indent, target.at("mean").as_number(), target.at("deviation").as_number(),
                        target.at("min").as_number(), target.at("max").as_number()));
    }
  }
  print_classes(event.at("classes").as_map());
}

std::string name_of(const std::string& part, std::int64_t index, const std::string& name) {
  return name.empty() ? fmt::format("{} {}", part, index) : name;
}

Config describe_duplicates(const NamedParts& parts) {
  std::vector<data::Dataset> datasets;
  std::int64_t all = 0;
  for (const auto& [name, dataset] : parts) {
    datasets.push_back(dataset);
    all += dataset.size();
  }
  const data::Duplicates found = data::find_duplicates(datasets);
  Config event;
  event["event"] = "duplicates";
  event["examples"] = found.examples;
  event["of"] = all;
  event["across_parts"] = found.across_parts;
  event["contradictions"] = found.contradictions;
  Config::List pairs;
  for (const data::DuplicatePair& duplicate : found.pairs) {
    Config pair;
    set_place(pair, "", parts, duplicate.second);
    set_place(pair, "same_", parts, duplicate.first);
    pair["is_across_parts"] = duplicate.is_across_parts;
    pair["is_contradiction"] = duplicate.is_contradiction;
    pairs.push_back(std::move(pair));
  }
  event["pairs"] = std::move(pairs);
  return event;
}

void print_duplicates(const Config& event) {
  const std::int64_t count = event.at("examples").as_integer();
  if (count == 0) return;
  print(fmt::format("{:<12}{} of {} examples {} the same as an earlier one", "twice",
                    count_text(count), count_text(event.at("of").as_integer()),
                    count == 1 ? "is" : "are"));
  if (const std::int64_t across = event.at("across_parts").as_integer(); across > 0) {
    print(of_them(across, "is", "are") +
          " in another part than that: measuring on it flatters the model");
  }
  if (const std::int64_t other = event.at("contradictions").as_integer(); other > 0) {
    print(of_them(other, "has", "have") + " another target than that");
  }
  std::vector<std::vector<std::string>> rows;
  for (const Config& pair : event.at("pairs").as_list()) {
    if (rows.size() == most_pairs) break;
    const char* what = pair.at("is_contradiction").as_bool()  ? "another target"
                       : pair.at("is_across_parts").as_bool() ? "another part"
                                                              : "";
    rows.push_back({indent + name_in(pair, ""), name_in(pair, "same_"), what});
  }
  print(table_text(rows));
}

}  // namespace sloy::cli
