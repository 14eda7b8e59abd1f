#include "train/progress.h"

#include <algorithm>
#include <cmath>

namespace sloy {
namespace {

constexpr double seconds_between_drawings = 0.1;
/// The share of the time spent on waiting for data from which on it is shown.
constexpr double worth_telling = 0.1;
constexpr int shortest_bar = 8;
constexpr int longest_bar = 30;

constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";
constexpr std::string_view clear_rest_of_line = "\x1b[K";

void add(fmt::memory_buffer& buffer, std::string_view text) {
  buffer.append(text.data(), text.data() + text.size());
}
template <class... Values>
void add_formatted(fmt::memory_buffer& buffer, fmt::format_string<Values...> form,
                   Values&&... values) {
  fmt::format_to(std::back_inserter(buffer), form, std::forward<Values>(values)...);
}

/// Four digits after the point, where that says something of the number.
void add_number(fmt::memory_buffer& buffer, double value) {
  const double size = std::abs(value);
  const bool is_ordinary = size == 0 || (size >= 1e-3 && size < 1e5) || !std::isfinite(value);
  if (is_ordinary) {
    add_formatted(buffer, "{:.4f}", value);
  } else {
    add_formatted(buffer, "{:.3e}", value);
  }
}

/// "0:06", "1:02:03"
void add_duration(fmt::memory_buffer& buffer, double duration) {
  const auto seconds = static_cast<std::int64_t>(std::ceil(duration));
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) {
    add_formatted(buffer, "{}:{:02}", minutes, seconds % 60);
  } else {
    add_formatted(buffer, "{}:{:02}:{:02}", minutes / 60, minutes % 60, seconds % 60);
  }
}

}  // namespace

ProgressBar::ProgressBar(Options options, Console& console, const Clock& clock)
    : options_(std::move(options)), console_(console), clock_(clock), traits_(console.traits()) {}

ProgressBar::~ProgressBar() { close_line(); }

void ProgressBar::on_notice(Run&, const Notice& notice) {
  close_line();
  console_.write(fmt::format("note: {}\n", notice.what()));
}

void ProgressBar::on_epoch_begin(Run&) {
  next_drawing_ = clock_.seconds() + seconds_between_drawings;
}

void ProgressBar::on_train_batch_end(Run& run, const Logs& logs) {
  if (!options_.draws_bar || !traits_.is_terminal) return;
  const double now = clock_.seconds();
  if (now < next_drawing_) return;
  next_drawing_ = now + seconds_between_drawings;

  tail_.clear();
  add_formatted(tail_, " {}/{}", run.step(), run.steps());
  add_rate(run);
  if (const double rate = run.examples_per_second(); rate > 0) {
    add(tail_, "  ETA ");
    add_duration(tail_, static_cast<double>(run.examples() - run.example()) / rate);
  }
  add_figures(logs);

  // The last column stays free: some terminals go to the next line after it.
  line_.clear();
  add(line_, "\r");
  begin_line(run);
  const int columns = console_.width() - 1;
  const int head = static_cast<int>(line_.size());  // the carriage return stands for a space
  const int left = columns - head - static_cast<int>(tail_.size());
  if (left >= shortest_bar) {
    add(line_, " ");
    add_bar(run, std::min(left, longest_bar));
  }
  const int tail = std::clamp(columns - head + 1, 0, static_cast<int>(tail_.size()));
  add(line_, {tail_.data(), static_cast<std::size_t>(tail)});
  add(line_, clear_rest_of_line);
  console_.write({line_.data(), line_.size()});
  is_open_ = true;
}

void ProgressBar::on_epoch_end(Run& run, const Logs& logs) {
  line_.clear();
  tail_.clear();
  if (is_open_) add(line_, "\r");
  begin_line(run);
  add_formatted(tail_, "  {:.1f} s", run.seconds());
  add_rate(run);
  add_figures(logs);
  add(line_, {tail_.data(), tail_.size()});
  if (is_open_) add(line_, clear_rest_of_line);
  add(line_, "\n");
  console_.write({line_.data(), line_.size()});
  is_open_ = false;
}

void ProgressBar::on_train_end(Run&, const Logs&) { close_line(); }

void ProgressBar::begin_line(const Run& run) {
  add_formatted(line_, "Epoch {}/{}", run.epoch() + 1, run.epochs());
}

void ProgressBar::add_bar(const Run& run, int columns) {
  const auto done = static_cast<int>(columns * run.step() / std::max<std::int64_t>(run.steps(), 1));
  if (traits_.has_color) add(line_, green);
  for (int i = 0; i < done; ++i) add(line_, traits_.has_utf8 ? "━" : "=");
  if (traits_.has_color) add(line_, dim);
  for (int i = done; i < columns; ++i) add(line_, traits_.has_utf8 ? "─" : ".");
  if (traits_.has_color) add(line_, plain);
}

void ProgressBar::add_rate(const Run& run) {
  const double rate = run.examples_per_second();
  if (rate <= 0) return;
  if (rate < 100) {
    add_formatted(tail_, "  {:.1f} {}/s", rate, options_.unit);
  } else {
    add_formatted(tail_, "  {:.0f} {}/s", rate, options_.unit);
  }
  const double wait = run.data_wait();
  if (wait >= worth_telling) add_formatted(tail_, "  {:.0f} % waiting for data", 100 * wait);
}

void ProgressBar::add_figures(const Logs& logs) {
  for (const auto& [name, value] : logs) {
    add_formatted(tail_, "  {} ", name);
    add_number(tail_, value);
  }
}

void ProgressBar::close_line() {
  if (is_open_) console_.write("\n");
  is_open_ = false;
}

std::optional<Callback> progress_callback(Verbosity verbosity, std::string unit) {
  if (verbosity == Verbosity::silent) return {};
  return ProgressBar({.draws_bar = verbosity != Verbosity::line, .unit = std::move(unit)});
}

}  // namespace sloy
