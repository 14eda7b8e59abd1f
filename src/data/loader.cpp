#include "data/loader.h"

#include <fmt/format.h>
#include <sloy/error.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <new>

#include "base/checked.h"
#include "base/parallel.h"

namespace sloy::data {
namespace {

constexpr std::size_t alignment = 64;
constexpr int max_workers = 256;
[[maybe_unused]] constexpr int max_slots = 1024;

/// Below this many bytes a second computing thread is no gain.
constexpr std::int64_t bytes_a_thread = 1 << 20;
/// Batches that take one thread longer to read are worth waking the others for: several in a row,
/// as one may have been interrupted.
constexpr std::chrono::microseconds worth_a_team{50};
constexpr int enough_slow_batches = 3;
/// What a worker reads at a time: little enough that all workers share one batch and stop at once,
/// enough that taking turns costs nothing.
constexpr std::int64_t bytes_a_piece = 1 << 15;

/// The parts of an example by what they are.
template <class T>
struct Kinds {
  std::span<const T> features;
  std::span<const T> targets;
  std::span<const T> weights;
};
template <class T>
Kinds<T> kinds_of(std::span<const T> parts, const Spec& spec) {
  const std::size_t features = spec.features.size();
  const std::size_t targets = spec.targets.size();
  return {.features = parts.first(features),
          .targets = parts.subspan(features, targets),
          .weights = parts.subspan(features + targets)};
}

void check(const Dataset& dataset, const LoaderOptions& options) {
  if (options.batch_size < 1) {
    throw ConfigError(
        fmt::format("the batch size is {}, at least 1 is needed", options.batch_size));
  }
  if (options.workers < 0 || options.workers > max_workers) {
    throw ConfigError(fmt::format("{} loader threads were asked for", options.workers),
                      {{"needed", fmt::format("0 to {}", max_workers)}},
                      "leave workers out: as many are taken as the machine has use for");
  }
  if (dataset.empty()) throw DataError("the data set has no examples", {}, "give one or more");
  assert(options.slots >= 1 && options.slots <= max_slots);
}

std::int64_t index_at(std::int64_t position, const Permutation* order) {
  return order ? static_cast<std::int64_t>((*order)(static_cast<std::uint64_t>(position)))
               : position;
}

}  // namespace

Note place_of(const Dataset& dataset, std::int64_t index) {
  std::string name = dataset.name(index);
  if (!name.empty()) return {"example", std::move(name)};
  return {"example", fmt::format("{} of {}, counted from 0", index, dataset.size())};
}

Note Batch::place_of(std::int64_t i) const {
  return data::place_of(*dataset, index_at(first + i, order));
}

int chosen_workers(bool is_in_memory, int cores) {
  constexpr int cores_a_worker = 4;
  constexpr int most = 8;
  return is_in_memory ? 0 : std::min(cores / cores_a_worker, most);
}

int workers_for(const Dataset& dataset, std::optional<int> given) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return given ? *given : chosen_workers(dataset.is_in_memory(), cores);
}

Loader::Loader(Dataset dataset, const LoaderOptions& options)
    : dataset_(std::move(dataset)), options_(options) {
  check(dataset_, options);
  // A batch larger than the set is one batch of all: its memory needn't be larger.
  options_.batch_size = std::min(options.batch_size, dataset_.size());
  num_batches_ = (dataset_.size() + options_.batch_size - 1) / options_.batch_size;
  const Spec& spec = dataset_.spec();
  const auto batch_size = static_cast<std::size_t>(options_.batch_size);
  constexpr const char* what = "the memory of a batch";
  std::size_t space = 0;
  for (const Types* types : {&spec.features, &spec.targets, &spec.weights}) {
    for (const Type& type : *types) {
      parts_.push_back({.offset = space, .bytes = type.bytes()});
      example_bytes_ = checked_add(example_bytes_, type.bytes(), what);
      space = checked_add(
          space, round_up(checked_multiply(type.bytes(), batch_size, what), alignment, what), what);
    }
  }
  batch_parts_.resize(parts_.size());
  slots_.resize(static_cast<std::size_t>(
      options_.workers == 0 ? 1 : std::max(options_.slots, num_slots(options_.workers))));
  for (SlotState& slot : slots_) {
    auto* memory = static_cast<std::byte*>(operator new (space, std::align_val_t{alignment}));
    slot.memory = {memory, [](std::byte* p) { operator delete (p, std::align_val_t{alignment}); }};
  }
  given_ = released_ = taking_ = num_batches_;
  for (int worker = 0; worker < options_.workers; ++worker) {
    workers_.emplace_back([this] { work(); });
  }
}

Loader::~Loader() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  abandoned_ = true;
  piece_wanted_.notify_all();
}

std::int64_t Loader::count_of(std::int64_t batch) const {
  return std::min(options_.batch_size, dataset_.size() - batch * options_.batch_size);
}

void Loader::start(std::int64_t epoch, std::int64_t first_batch) {
  assert(0 <= first_batch && first_batch <= num_batches_);
  std::unique_lock lock(mutex_);
  taking_ = num_batches_;
  abandoned_ = true;
  piece_read_.wait(lock, [&] { return busy_ == 0; });
  abandoned_ = false;
  epoch_ = epoch;
  if (options_.shuffle) {
    order_.emplace(static_cast<std::uint64_t>(dataset_.size()),
                   random_key(options_.seed, Purpose::shuffle, static_cast<std::uint64_t>(epoch)));
  }
  given_ = released_ = taking_ = first_batch;
  taken_ = 0;
  piece_wanted_.notify_all();
}

const Batch* Loader::next() {
  std::unique_lock lock(mutex_);
  if (released_ != given_) {
    released_ = given_;
    piece_wanted_.notify_all();
  }
  if (given_ == num_batches_) return nullptr;
  const std::int64_t batch = given_;
  SlotState& slot = slot_of(batch);
  if (workers_.empty()) {
    read_here(batch);
  } else {
    piece_read_.wait(lock, [&] { return taking_ > batch && slot.unread == 0; });
    if (slot.error) {
      taking_ = given_ = released_ = num_batches_;
      slot.error.rethrow();
    }
  }
  ++given_;
  const auto count = static_cast<std::size_t>(count_of(batch));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    batch_parts_[i] = {slot.memory.get() + parts_[i].offset, count * parts_[i].bytes};
  }
  const auto [features, targets, weights] =
      kinds_of<std::span<const std::byte>>(batch_parts_, dataset_.spec());
  batch_ = {.features = features,
            .targets = targets,
            .weights = weights,
            .count = count_of(batch),
            .first = batch * options_.batch_size,
            .dataset = &dataset_,
            .order = order_ ? &*order_ : nullptr};
  return &batch_;
}

void Loader::read(const Piece& piece) {
  const SlotState& slot = slot_of(piece.batch);
  // On the stack, unless there are very many: reading allocates nothing.
  std::array<std::span<std::byte>, 16> few;
  std::vector<std::span<std::byte>> many(parts_.size() > few.size() ? parts_.size() : 0);
  const std::span<std::span<std::byte>> spans =
      many.empty() ? std::span(few).first(parts_.size()) : std::span(many);
  const auto [features, targets, weights] = kinds_of<std::span<std::byte>>(spans, dataset_.spec());
  for (std::int64_t i = piece.first; i < piece.last && !abandoned_; ++i) {
    const std::int64_t position = piece.batch * options_.batch_size + i;
    const std::int64_t index = index_at(position, order_ ? &*order_ : nullptr);
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      const Part& part = parts_[k];
      std::byte* first = slot.memory.get() + part.offset;
      spans[k] = {first + static_cast<std::size_t>(i) * part.bytes, part.bytes};
    }
    dataset_.read(index, {features, targets, weights, epoch_});
  }
}

void Loader::read_here(std::int64_t batch) {
  const std::int64_t count = count_of(batch);
  const bool is_slow = slow_batches_ == enough_slow_batches;
  if (!dataset_.is_in_memory() && !is_slow) {
    const auto start = std::chrono::steady_clock::now();
    read({batch, 0, count});
    const bool was_slow = std::chrono::steady_clock::now() - start > worth_a_team;
    slow_batches_ = was_slow ? slow_batches_ + 1 : 0;
    return;
  }
  const auto example_bytes = std::max<std::int64_t>(static_cast<std::int64_t>(example_bytes_), 1);
  parallel_for(count, is_slow ? 1 : bytes_a_thread / example_bytes,
               [&](std::int64_t first, std::int64_t last) {
                 read({batch, first, last});
               });
}

bool Loader::has_piece() const {
  return taking_ < num_batches_ && taking_ < released_ + static_cast<std::int64_t>(slots_.size());
}

Loader::Piece Loader::take_piece() {
  const std::int64_t count = count_of(taking_);
  if (taken_ == 0) {
    slot_of(taking_).unread = count;
    slot_of(taking_).error = {};
  }
  const auto example_bytes = static_cast<std::int64_t>(example_bytes_);
  const std::int64_t length =
      std::max<std::int64_t>(bytes_a_piece / std::max<std::int64_t>(example_bytes, 1), 1);
  const Piece piece{taking_, taken_, std::min(taken_ + length, count)};
  taken_ = piece.last;
  if (taken_ == count) {
    ++taking_;
    taken_ = 0;
  }
  return piece;
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    piece_wanted_.wait(lock, [&] { return stopping_ || has_piece(); });
    if (stopping_) return;
    const Piece piece = take_piece();
    ++busy_;
    lock.unlock();
    std::exception_ptr error;
    try {
      read(piece);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    --busy_;
    SlotState& slot = slot_of(piece.batch);
    slot.unread -= piece.last - piece.first;
    if (error) slot.error.keep(piece.first, error);
    if (slot.unread == 0 || busy_ == 0) piece_read_.notify_all();
  }
}

}  // namespace sloy::data
