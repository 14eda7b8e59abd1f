#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sloy/model.h>
#include <sloy/op.h>

#include <algorithm>

#include "nn/model_impl.h"

namespace sloy {
namespace {

bool is_within(std::string_view path, std::string_view layer) {
  return path.starts_with(layer) && (path.size() == layer.size() || path[layer.size()] == '/');
}

/// Operations of one example's inference in a layer.
double flops_within(const Graph& graph, std::string_view layer) {
  double flops = 0;
  for (const Node& node : graph.nodes()) {
    if (!is_within(node.path, layer)) continue;
    std::vector<Type> operands;
    std::vector<Type> results;
    for (Value input : node.inputs) {
      operands.push_back({input.dtype(), input.shape().bind(1)});
    }
    for (const Result& result : node.results) {
      results.push_back({result.type.dtype, result.type.shape.bind(1)});
    }
    flops += node.op->cost(node.attributes, Operands(operands), results).flops;
  }
  return flops;
}

std::string with_separators(std::int64_t number) {
  std::string text = std::to_string(number);
  for (int place = static_cast<int>(text.size()) - 3; place > 0; place -= 3) {
    text.insert(static_cast<std::size_t>(place), ",");
  }
  return text;
}

std::string with_unit(double number, const char* unit, double base,
                      std::span<const char* const> prefixes) {
  std::size_t prefix = 0;
  while (number >= base && prefix + 1 < prefixes.size()) {
    number /= base;
    ++prefix;
  }
  return prefix == 0 ? fmt::format("{:.0f} {}", number, unit)
                     : fmt::format("{:.1f} {}{}", number, prefixes[prefix], unit);
}
std::string flops_text(double flops) {
  static constexpr const char* prefixes[] = {"", "k", "M", "G", "T"};
  return with_unit(flops, "FLOP", 1000, prefixes);
}
std::string bytes_text(double bytes) {
  static constexpr const char* prefixes[] = {"", "Ki", "Mi", "Gi", "Ti"};
  return with_unit(bytes, "B", 1024, prefixes);
}

/// Rows of text in columns, those after the second ending on the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  // Shapes hold only ASCII, and so do names; width is the number of bytes.
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += i < 2 ? fmt::format("{:<{}}", row[i], widths[i])
                    : fmt::format("{:>{}}", row[i], widths[i]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

std::vector<LayerSummary> Model::layers() const {
  const ModelGraph& graph = impl_->built();
  Graph inference;
  Build build(inference, false);
  std::vector<Value> fed;
  for (ModelGraph::Ref ref : graph.inputs) fed.push_back(inference.input("x", graph.type(ref)));
  impl_->build(build, fed);

  std::vector<LayerSummary> rows;
  for (const ModelGraph::Call& call : graph.calls) {
    const ModelGraph::Member& member = graph.member(call);
    if (call.number > 0) continue;
    LayerSummary row{.path = member.name,
                     .type = std::string(member.layer.type()),
                     .results = call.types,
                     .flops = flops_within(inference, member.name)};
    const Variables& variables = inference.variables();
    for (VariableId id = 0; id < variables.size(); ++id) {
      const Variable& variable = variables[id];
      if (!is_within(variable.name, member.name)) continue;
      (variable.trainable ? row.parameters : row.non_trainable) += variable.type.shape.size();
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::int64_t Model::parameters() const {
  std::int64_t total = 0;
  for (const LayerSummary& layer : layers()) total += layer.parameters;
  return total;
}

std::int64_t Model::all_parameters() const {
  std::int64_t total = 0;
  for (const LayerSummary& layer : layers()) total += layer.parameters + layer.non_trainable;
  return total;
}

std::string Model::summary() const {
  const std::vector<LayerSummary> rows = layers();
  std::int64_t trainable_total = 0;
  std::int64_t other_total = 0;
  double flops = 0;
  for (const LayerSummary& row : rows) {
    trainable_total += row.parameters;
    other_total += row.non_trainable;
    flops += row.flops;
  }
  const std::int64_t total = trainable_total + other_total;

  std::vector<std::vector<std::string>> cells{
      {"layer (type)", "output", "parameters", "share", "not trained", "FLOP"}};
  for (const LayerSummary& row : rows) {
    std::vector<std::string> shapes;
    for (const Type& type : row.results) shapes.push_back(to_string(type.shape));
    const std::int64_t own = row.parameters + row.non_trainable;
    cells.push_back({fmt::format("{} ({})", row.path, row.type),
                     fmt::format("{}", fmt::join(shapes, ", ")), with_separators(own),
                     own == 0 ? ""
                              : fmt::format("{:.1f} %", 100.0 * static_cast<double>(own) /
                                                            static_cast<double>(total)),
                     row.non_trainable == 0 ? "" : with_separators(row.non_trainable),
                     row.flops == 0 ? "" : flops_text(row.flops)});
  }
  return table(cells) + fmt::format(
                            "\n{} parameters, {} trained and {} not: {} in float32\n"
                            "{} for one example's inference\n",
                            with_separators(total), with_separators(trainable_total),
                            with_separators(other_total),
                            bytes_text(4.0 * static_cast<double>(total)), flops_text(flops));
}

}  // namespace sloy
