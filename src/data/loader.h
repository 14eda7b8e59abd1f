/// The loader: batches of raw bytes in the order of an epoch, ready where a program reads them.
#pragma once

#include <sloy/data.h>
#include <sloy/error.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/parallel.h"
#include "tensor/permutation.h"

namespace sloy::data {

/// Threads that read ahead where nobody says how many: none for data in memory, whose copies cost
/// less than a busy thread costs the computing ones, nor on fewer than four cores; else one for
/// every four cores, at most eight.
int chosen_workers(bool is_in_memory, int cores);
/// The number that was given, or else the one chosen for this machine.
int workers_for(const Dataset& dataset, std::optional<int> given);

struct LoaderOptions {
  std::int64_t batch_size = 32;
  /// Another order every epoch, decided by the seed and the epoch's number.
  bool shuffle = false;
  std::uint64_t seed = 0;
  /// Threads that read ahead. With 0 a batch is read when it is asked for, by the calling thread,
  /// or by all computing threads where one takes long.
  int workers = 0;
  /// Batches in memory at once: one in use, the others being read.
  int slots = 2;
};

/// Batches in memory at once, unless more are asked for.
constexpr int num_slots(int workers) { return workers == 0 ? 1 : 2; }

/// One batch: of every part the bytes of `count` examples one after the other, from a cache line
/// on.
struct Batch {
  std::span<const std::span<const std::byte>> features;
  std::span<const std::span<const std::byte>> targets;
  std::span<const std::span<const std::byte>> weights;
  std::int64_t count = 0;
  /// Position of its first example in the order of the epoch.
  std::int64_t first = 0;
  /// What it is of, and that order; without one it is that of the data.
  const Dataset* dataset = nullptr;
  const Permutation* order = nullptr;

  /// Its i-th example, for a message.
  Note place_of(std::int64_t i) const;
};

/// An example for a message: its name, or else its number.
Note place_of(const Dataset& dataset, std::int64_t index);

/// The numbers of a part.
template <class T>
std::span<const T> numbers_of(std::span<const std::byte> part) {
  return {reinterpret_cast<const T*>(part.data()), part.size() / sizeof(T)};
}

/// Gives the batches of an epoch in order. All memory is allocated by the constructor. The bytes
/// are the same for any number of workers. Not for several threads at once.
class Loader {
 public:
  /// Throws ConfigError on a batch size below 1 or a number of workers out of range, DataError on
  /// an empty data set.
  Loader(Dataset dataset, const LoaderOptions& options);
  /// Waits for the example each worker is reading, no longer.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Batches in an epoch, the last of which may be smaller.
  std::int64_t num_batches() const { return num_batches_; }

  /// Begins an epoch, at any of its batches, wherever the last epoch was left.
  void start(std::int64_t epoch, std::int64_t first_batch = 0);

  /// The next batch, or nullptr after the last. Valid until the next call of `next` or `start`.
  /// Throws what reading the batch threw; only `start` goes on from there.
  const Batch* next();

 private:
  struct SlotState {
    std::unique_ptr<std::byte[], void (*)(std::byte*)> memory{nullptr, nullptr};
    std::int64_t unread = 0;  ///< examples of the batch that are still to be read
    FirstError error;
  };
  /// Neighbouring examples of one batch: what a worker reads at a time.
  struct Piece {
    std::int64_t batch;
    std::int64_t first;
    std::int64_t last;
  };

  SlotState& slot_of(std::int64_t batch) { return slots_[batch % slots_.size()]; }
  std::int64_t count_of(std::int64_t batch) const;
  bool has_piece() const;
  Piece take_piece();
  void read(const Piece& piece);
  void read_here(std::int64_t batch);
  void work();

  Dataset dataset_;
  LoaderOptions options_;
  std::int64_t num_batches_;
  /// Where the parts of a batch lie in a slot: features, then targets, then weights.
  struct Part {
    std::size_t offset;
    std::size_t bytes;  ///< of one example
  };
  std::vector<Part> parts_;
  std::size_t example_bytes_ = 0;  ///< of all parts
  int slow_batches_ = 0;           ///< in a row that took one thread long, read without workers
  std::vector<SlotState> slots_;
  std::int64_t epoch_ = 0;
  std::optional<Permutation> order_;
  Batch batch_;  ///< what `next` gave
  std::vector<std::span<const std::byte>> batch_parts_;

  // Guarded by mutex_ where there are workers.
  std::mutex mutex_;
  std::condition_variable piece_wanted_;  ///< there is a piece to read, or it is time to stop
  std::condition_variable piece_read_;
  std::int64_t given_ = 0;     ///< batches that `next` gave or is about to give
  std::int64_t released_ = 0;  ///< batches whose slot is free again
  std::int64_t taking_ = 0;    ///< the batch whose pieces are being handed out
  std::int64_t taken_ = 0;     ///< examples of it that were handed out
  int busy_ = 0;               ///< workers that are reading
  bool stopping_ = false;
  std::atomic<bool> abandoned_ = false;  ///< what is being read isn't wanted any more
  std::vector<std::jthread> workers_;    ///< last: they end before anything they use
};

}  // namespace sloy::data
