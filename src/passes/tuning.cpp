#include "passes/tuning.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include <fmt/format.h>

#include "base/hash.h"
#include "ops/convolution.h"
#include "ops/matmul.h"
#include "passes/tuning_file.h"

namespace sloy {
namespace {

namespace fs = std::filesystem;

/// What another kernel must take of the rule's own time to replace it.
constexpr double clearly_faster = 0.97;

/// As the XDG base directory specification has it: paths that are not absolute are ignored.
fs::path cache_folder() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value && *value == '/' ? fs::path(value) : fs::path();
  };
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache / "sloy";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".cache" / "sloy";
  return {};
}

std::shared_ptr<Tuning::Impl> remembering(const fs::path& file, bool in_folder) {
  auto impl = std::make_shared<Tuning::Impl>();
  impl->file = file;
  impl->in_folder = in_folder;
  return impl;
}

/// The file written anew, so that the message says what happens to a damaged one.
constexpr const char* measured_anew = "nothing: what is needed is timed, and the file written anew";

}  // namespace

bool is_tuned(const Op& op) {
  return &op == &convolution_op || &op == &convolution_input_gradient_op ||
         &op == &convolution_kernel_gradient_op || &op == &matmul_op;
}

std::string describe(const Request& request, std::shared_ptr<const void> attributes) {
  std::string text = fmt::format("{} {}", request.op->name(),
                                 to_json(request.op->to_config(std::move(attributes))));
  for (const Operand& input : request.inputs) {
    text += fmt::format(" {} {}", to_string(*input.type),
                        input.free ? "free" : to_string(*input.layout));
  }
  for (const Type& output : request.outputs) text += " -> " + to_string(output);
  if (request.convolution == ConvolutionAlgorithm::direct) text += " direct";
  return text;
}

void Tuning::Impl::complain(const Error& error, std::string sentence) {
  std::vector<Note> notes{{"reason", error.sentence()}};
  notes.insert(notes.end(), error.notes().begin(), error.notes().end());
  complaints.emplace_back(std::move(sentence), std::move(notes), error.fix());
}

void Tuning::Impl::open(const Backend& backend) {
  if (is_open) return;
  is_open = true;
  machine = backend.machine();
  if (file.empty()) return;
  if (in_folder) {
    file /= fmt::format("tuning-{:016x}.json", hash64(machine));
    in_folder = false;
  }
  if (!files->exists(file)) return;
  try {
    TuningFile found = read_tuning(file, *files);
    if (found.machine != machine) {
      throw FileError("it is of another machine",
                      {{"file", file.string()}, {"its", found.machine}, {"this", machine}},
                      measured_anew);
    }
    for (TunedChoice& choice : found.choices) {
      known.try_emplace(choice.node, choice);
    }
  } catch (const Error& error) {
    complain(error, "the cache of measured kernels is not used");
  }
}

void Tuning::Impl::use(const TunedChoice& choice) {
  const auto is_same = [&](const TunedChoice& other) { return other.node == choice.node; };
  if (std::none_of(used.begin(), used.end(), is_same)) used.push_back(choice);
}

std::size_t Tuning::Impl::choose(const std::string& node, const Request& request,
                                 std::span<const Candidate> candidates) {
  assert(is_open && candidates.size() > 1);
  const auto place_of = [&](std::string_view kernel) {
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& c) { return c.kernel == kernel; });
    return static_cast<std::size_t>(found - candidates.begin());
  };
  if (const auto before = known.find(node); before != known.end()) {
    const std::size_t place = place_of(before->second.kernel);
    if (place < candidates.size()) {
      use(before->second);
      return place;
    }
    complaints.emplace_back(
        "a measured choice can't be repeated: the kernel does not take the node",
        std::vector<Note>{{"kernel", before->second.kernel}, {"node", node}},
        "nothing: it was timed anew");
  }
  const std::vector<double> seconds = timer->seconds(request, candidates);
  std::size_t best = 0;
  for (std::size_t i = 1; i < seconds.size(); ++i) {
    const double to_beat = best == 0 ? clearly_faster * seconds[0] : seconds[best];
    if (seconds[i] < to_beat) best = i;
  }
  const TunedChoice choice{node, std::string(candidates[best].kernel), seconds[best]};
  known.insert_or_assign(node, choice);
  use(choice);
  has_news = true;
  return best;
}

void Tuning::Impl::remember() {
  if (!has_news || file.empty()) return;
  has_news = false;
  std::map<std::string, TunedChoice, std::less<>> all = known;
  try {
    if (files->exists(file)) {
      const TuningFile found = read_tuning(file, *files);
      if (found.machine == machine) {
        for (const TunedChoice& choice : found.choices) all.try_emplace(choice.node, choice);
      }
    }
  } catch (const Error&) {
    // It was complained about when it was opened, or was damaged since: it is replaced.
  }
  TuningFile content{machine, {}};
  for (const auto& [node, choice] : all) content.choices.push_back(choice);
  try {
    if (file.has_parent_path()) files->create_directories(file.parent_path());
    write_tuning(file, content, *files);
  } catch (const Error& error) {
    complain(error, "the cache of measured kernels can't be written");
  }
}

Tuning Tuning::cached() { return Tuning(remembering(cache_folder(), true)); }

Tuning Tuning::cached(const std::string& file) { return Tuning(remembering(file, false)); }

Tuning Tuning::measured() { return Tuning(std::make_shared<Impl>()); }

Tuning Tuning::recorded(const std::string& file) {
  auto impl = std::make_shared<Impl>();
  for (TunedChoice& choice : read_tuning(file).choices)
    impl->known.try_emplace(choice.node, choice);
  return Tuning(std::move(impl));
}

std::vector<TunedChoice> Tuning::choices() const {
  return impl_ ? impl_->used : std::vector<TunedChoice>();
}

void Tuning::save(const std::string& file) const {
  write_tuning(file, {impl_ ? impl_->machine : "", choices()},
               impl_ ? *impl_->files : real_files());
}

std::vector<Error> Tuning::complaints() const {
  return impl_ ? impl_->complaints : std::vector<Error>();
}

}  // namespace sloy
