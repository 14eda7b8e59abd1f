#include <fmt/format.h>
#include <sloy/nearest.h>

#include <algorithm>
#include <vector>

#include "base/foreign_names.h"

namespace sloy {
namespace {

char lower(char letter) {
  return 'A' <= letter && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Optimal string alignment distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last, row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::move(last);
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

/// Whether one of the names is a part of the other, and long enough to mean something.
bool is_part(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  constexpr std::size_t shortest = 3;
  const auto same = [](char x, char y) { return lower(x) == lower(y); };
  return a.size() >= shortest &&
         std::search(b.begin(), b.end(), a.begin(), a.end(), same) != b.end();
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// The known name of what another library calls so, or nothing.
std::string_view translated(std::string_view name, std::span<const std::string_view> known) {
  for (const ForeignName& word : foreign_names()) {
    if (!same_word(word.theirs, name)) continue;
    const auto found = std::find(known.begin(), known.end(), word.ours);
    if (found != known.end()) return *found;
  }
  return {};
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t longest_name = 256;  // the work grows with the square of the length
  if (name.empty() || name.size() > longest_name) return {};
  if (const std::string_view ours = translated(name, known); !ours.empty()) return ours;
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (std::string_view candidate : known) {
    if (candidate.size() > longest_name) continue;
    const std::size_t found = distance(name, candidate);
    // A slip leaves something of the name.
    if (found < best_distance && found < std::min(name.size(), candidate.size())) {
      best = candidate;
      best_distance = found;
    }
  }
  if (!best.empty()) return best;
  const auto part = std::find_if(known.begin(), known.end(),
                                 [&](std::string_view one) { return is_part(name, one); });
  return part == known.end() ? std::string_view{} : *part;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known,
                         std::string_view otherwise) {
  const std::string_view meant = nearest(name, known);
  return meant.empty() ? std::string(otherwise) : fmt::format("did you mean '{}'?", meant);
}

}  // namespace sloy
