#include "train/undefined_figures.h"

#include <fmt/format.h>

namespace sloy {
namespace {

/// By what the metric divides by.
std::string_view fix_for(const Metric& metric) {
  if (metric.as<Precision>()) {
    return "train until examples are taken for every class, or lower the threshold";
  }
  if (metric.as<Recall>() || metric.as<F1Score>() || metric.as<AUC>()) {
    return "measure on data with examples of every class";
  }
  if (metric.as<R2Score>()) return "measure on data whose targets differ from one another";
  return "measure on data for which what it divides by is not 0: some weight is above 0";
}

}  // namespace

Notice undefined_figure(std::string_view figure, const Metric& metric, std::int64_t examples) {
  return Notice(fmt::format("{} is 0 / 0 for some of what it measures, which counts as 0", figure),
                {{"examples", std::to_string(examples)}}, std::string(fix_for(metric)));
}

}  // namespace sloy
