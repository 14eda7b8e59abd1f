#include "data/loader.h"

#include <gtest/gtest.h>
#include <sloy/error.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>

#include "harness/allocations.h"

namespace sloy::data {
namespace {

/// Features (index, epoch), target index·3. Slow where asked, so that workers overlap; fails at
/// some examples.
struct Numbers {
  std::int64_t count = 100;
  std::chrono::microseconds delay{0};
  std::vector<std::int64_t> bad = {};
  bool in_memory = false;
  std::atomic<int>* reads = nullptr;

  std::int64_t size() const { return count; }
  Spec spec() const { return {{DType::int32, {2}}, {DType::int32, {}}}; }
  bool is_in_memory() const { return in_memory; }
  void read(std::int64_t index, Slot slot) const {
    if (reads) ++*reads;
    if (delay.count() > 0) std::this_thread::sleep_for(delay * (index % 3));
    if (std::find(bad.begin(), bad.end(), index) != bad.end()) {
      throw FileError("example " + std::to_string(index) + " is damaged");
    }
    slot.features_as<std::int32_t>()[0] = static_cast<std::int32_t>(index);
    slot.features_as<std::int32_t>()[1] = static_cast<std::int32_t>(slot.epoch);
    slot.target_as<std::int32_t>()[0] = static_cast<std::int32_t>(3 * index);
  }
};

std::vector<std::int32_t> integers(std::span<const std::byte> bytes) {
  const auto* values = reinterpret_cast<const std::int32_t*>(bytes.data());
  return {values, values + bytes.size() / sizeof(std::int32_t)};
}

/// The example numbers of an epoch; checks what holds for every batch.
std::vector<std::int32_t> read_epoch(Loader& loader, std::int64_t batch_size, std::int64_t epoch,
                                     std::int64_t first_batch = 0) {
  std::vector<std::int32_t> order;
  loader.start(epoch, first_batch);
  std::int64_t position = first_batch * batch_size;
  std::int64_t batches = first_batch;
  while (const Batch* batch = loader.next()) {
    EXPECT_EQ(batch->first, position);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->features[0].data()) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->targets[0].data()) % 64, 0u);
    const auto features = integers(batch->features[0]);
    const auto targets = integers(batch->targets[0]);
    EXPECT_EQ(features.size(), static_cast<std::size_t>(2 * batch->count));
    EXPECT_EQ(targets.size(), static_cast<std::size_t>(batch->count));
    for (std::int64_t i = 0; i < batch->count; ++i) {
      EXPECT_EQ(features[2 * i + 1], epoch);
      EXPECT_EQ(targets[i], 3 * features[2 * i]);
      order.push_back(features[2 * i]);
    }
    position += batch->count;
    ++batches;
  }
  EXPECT_EQ(batches, loader.num_batches());
  EXPECT_EQ(loader.next(), nullptr);
  return order;
}

TEST(Loader, GivesEveryExampleInOrder) {
  for (int workers : {0, 1, 4}) {
    for (std::int64_t batch_size : {1, 7, 32, 100}) {
      Loader loader(Numbers{}, {.batch_size = batch_size, .workers = workers});
      EXPECT_EQ(loader.num_batches(), (100 + batch_size - 1) / batch_size);
      std::vector<std::int32_t> all(100);
      std::iota(all.begin(), all.end(), 0);
      for (std::int64_t epoch : {0, 1}) EXPECT_EQ(read_epoch(loader, batch_size, epoch), all);
    }
  }
}

TEST(Loader, TheLastBatchIsSmaller) {
  Loader loader(Numbers{10}, {.batch_size = 4});
  loader.start(0);
  std::vector<std::int64_t> counts;
  while (const Batch* batch = loader.next()) counts.push_back(batch->count);
  EXPECT_EQ(counts, (std::vector<std::int64_t>{4, 4, 2}));
}

TEST(Loader, ABatchLargerThanTheSetIsTheSet) {
  Loader loader(Numbers{10}, {.batch_size = 1 << 30, .shuffle = true});
  EXPECT_EQ(loader.num_batches(), 1);
  EXPECT_EQ(read_epoch(loader, 10, 0).size(), 10u);
}

TEST(Loader, GivesTheSameBytesForAnyNumberOfWorkers) {
  std::vector<std::vector<std::int32_t>> orders;
  for (int workers : {0, 1, 2, 4, 9}) {
    for (bool in_memory : {false, true}) {
      const Numbers numbers{.count = 500,
                            .delay = std::chrono::microseconds(workers > 0 ? 10 : 0),
                            .in_memory = in_memory};
      Loader loader(numbers, {.batch_size = 48, .shuffle = true, .seed = 3, .workers = workers});
      orders.push_back(read_epoch(loader, 48, 1));
      const auto next = read_epoch(loader, 48, 2);
      orders.back().insert(orders.back().end(), next.begin(), next.end());
    }
  }
  for (const auto& order : orders) EXPECT_EQ(order, orders.front());
}

TEST(Loader, ShufflesAnewEveryEpochAndVisitsAll) {
  Loader loader(Numbers{}, {.batch_size = 16, .shuffle = true, .seed = 9, .workers = 2});
  std::vector<std::int32_t> first = read_epoch(loader, 16, 0);
  std::vector<std::int32_t> second = read_epoch(loader, 16, 1);
  EXPECT_NE(first, second);
  EXPECT_EQ(first, read_epoch(loader, 16, 0));
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second);
  EXPECT_EQ(std::unique(first.begin(), first.end()), first.end());
}

TEST(Loader, ResumesAtAnyBatch) {
  Loader whole(Numbers{}, {.batch_size = 16, .shuffle = true, .seed = 9});
  const std::vector<std::int32_t> order = read_epoch(whole, 16, 5);
  for (int workers : {0, 3}) {
    for (std::int64_t batch = 0; batch <= 7; ++batch) {
      Loader loader(Numbers{}, {.batch_size = 16, .shuffle = true, .seed = 9, .workers = workers});
      const auto start = order.begin() + std::min<std::int64_t>(16 * batch, 100);
      EXPECT_EQ(read_epoch(loader, 16, 5, batch), std::vector<std::int32_t>(start, order.end()));
    }
  }
}

TEST(Loader, AnEpochMayBeLeftInTheMiddle) {
  for (int workers : {0, 1, 4}) {
    Loader loader(Numbers{.count = 200, .delay = std::chrono::microseconds(20)},
                  {.batch_size = 8, .workers = workers});
    for (std::int64_t given = 0; given < 5; ++given) {
      loader.start(given);
      for (std::int64_t i = 0; i < given; ++i) ASSERT_NE(loader.next(), nullptr);
    }
    EXPECT_EQ(read_epoch(loader, 8, 7).size(), 200u);
  }
}

TEST(Loader, ABatchStaysUntilTheNextIsAskedFor) {
  Loader loader(Numbers{1000}, {.batch_size = 10, .workers = 4, .slots = 3});
  loader.start(0);
  while (const Batch* batch = loader.next()) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    EXPECT_EQ(integers(batch->targets[0])[0], 3 * batch->first);
    EXPECT_EQ(integers(batch->targets[0])[9], 3 * (batch->first + 9));
  }
}

TEST(Loader, AnErrorReachesTheCallerAtItsBatch) {
  for (int workers : {0, 1, 4}) {
    Loader loader(Numbers{.count = 100, .bad = {57, 55}}, {.batch_size = 10, .workers = workers});
    loader.start(0);
    for (int batch = 0; batch < 5; ++batch) ASSERT_NE(loader.next(), nullptr);
    try {
      loader.next();
      FAIL() << workers;
    } catch (const FileError& error) {
      EXPECT_EQ(error.sentence(), "example 55 is damaged");
    }
    loader.start(0, 6);
    EXPECT_EQ(loader.next()->first, 60);
  }
}

TEST(Loader, EndsWithoutReadingOn) {
  std::atomic<int> reads = 0;
  {
    Loader loader(Numbers{.count = 100000, .delay = std::chrono::milliseconds(1), .reads = &reads},
                  {.batch_size = 50000, .workers = 4});
    loader.start(0);
    while (reads < 4) std::this_thread::yield();
  }
  // A worker takes 2730 examples of 12 bytes at a time.
  EXPECT_LT(reads, 2730);
}

TEST(Loader, AllocatesNothingAfterTheFirstEpoch) {
  for (int workers : {0, 4}) {
    const std::int64_t at_first = harness::allocations();
    const Dataset dataset = Dataset(Numbers{.count = 1000}).cached().shuffled(1);
    Loader loader(dataset, {.batch_size = 64, .shuffle = true, .workers = workers});
    EXPECT_GT(harness::allocations(), at_first);
    loader.start(0);
    while (loader.next()) {
    }
    const std::int64_t before = harness::allocations();
    for (std::int64_t epoch = 1; epoch < 4; ++epoch) {
      loader.start(epoch);
      while (loader.next()) {
      }
    }
    EXPECT_EQ(harness::allocations(), before);
  }
}

TEST(Loader, ReadsAheadOnlyWhereCoresAreManyAndReadingIsSlow) {
  for (int cores : {1, 4, 64}) EXPECT_EQ(chosen_workers(true, cores), 0);
  for (int cores : {0, 1, 2, 3}) EXPECT_EQ(chosen_workers(false, cores), 0);
  EXPECT_EQ(chosen_workers(false, 4), 1);
  EXPECT_EQ(chosen_workers(false, 16), 4);
  EXPECT_EQ(chosen_workers(false, 192), 8);
  for (int cores = 1; cores < 300; ++cores) EXPECT_LT(chosen_workers(false, cores), cores);
  EXPECT_EQ(workers_for(Dataset(Numbers{}).cached(), {}), 0);
  EXPECT_EQ(workers_for(Dataset(Numbers{}).cached(), 3), 3);
}

/// By its number in the data, whatever its place in the epoch.
TEST(Loader, ABatchKnowsWhereItsExamplesComeFrom) {
  Loader loader(Numbers{10}, {.batch_size = 4, .shuffle = true, .seed = 3});
  loader.start(1, 1);
  const Batch* batch = loader.next();
  const auto features = numbers_of<std::int32_t>(batch->features[0]);
  EXPECT_EQ(batch->place_of(2).label, "example");
  EXPECT_EQ(batch->place_of(2).value, std::to_string(features[2 * 2]) + " of 10, counted from 0");
}

TEST(Loader, ChecksItsOptions) {
  EXPECT_THROW(Loader(Numbers{}, {.batch_size = 0}), ConfigError);
  EXPECT_THROW(Loader(Numbers{}, {.workers = -1}), ConfigError);
  EXPECT_THROW(Loader(Numbers{}, {.workers = 100000}), ConfigError);
  EXPECT_THROW(Loader(Dataset(), {}), DataError);
}

}  // namespace
}  // namespace sloy::data
