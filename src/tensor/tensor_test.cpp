#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/tensor.h>

#include <cmath>
#include <limits>
#include <thread>

namespace sloy {
namespace {

TEST(Tensor, IsZerosUntilWritten) {
  const Tensor tensor(DType::float32, {2, 3});
  EXPECT_EQ(tensor.size(), 6);
  EXPECT_EQ(tensor.bytes(), 24u);
  for (float value : tensor.values<float>()) EXPECT_EQ(value, 0.0f);
  EXPECT_EQ(Tensor().item(), 0.0);
  EXPECT_EQ(Tensor().type(), (Type{DType::float32, {}}));
}

TEST(Tensor, StartsOnACacheLine) {
  for (std::int64_t size : {0, 1, 63, 64, 65, 1000, 1000000}) {
    const Tensor tensor(DType::uint8, {size});
    EXPECT_NE(tensor.data(), nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0u);
  }
}

TEST(Tensor, CopiesDoNotSeeEachOthersWrites) {
  Tensor first({3}, std::vector<float>{1, 2, 3});
  Tensor second = first;
  EXPECT_EQ(first.data(), second.data());
  second.mutable_values<float>()[0] = 9;
  EXPECT_EQ(first, Tensor({3}, std::vector<float>{1, 2, 3}));
  EXPECT_EQ(second, Tensor({3}, std::vector<float>{9, 2, 3}));
}

TEST(Tensor, AnUnsharedBufferIsWrittenInPlace) {
  Tensor tensor(DType::int32, {4});
  const std::byte* before = tensor.data();
  { const Tensor gone = tensor; }
  EXPECT_EQ(tensor.mutable_data(), before);
}

TEST(Tensor, AMovedFromTensorCanBeAssigned) {
  Tensor tensor({2}, std::vector<float>{1, 2});
  const Tensor taken = std::move(tensor);
  tensor = Tensor::scalar(5.0f);
  EXPECT_EQ(tensor.item(), 5.0);
  EXPECT_EQ(taken.values<float>()[1], 2.0f);
}

TEST(Tensor, ManyThreadsMayCopyAndWriteTheirCopies) {
  const Tensor shared({4}, std::vector<std::int32_t>{1, 2, 3, 4});
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&shared, number] {
      for (int round = 0; round < 200; ++round) {
        Tensor own = shared;
        own.mutable_values<std::int32_t>()[0] = number;
        ASSERT_EQ(own.values<std::int32_t>()[0], number);
        ASSERT_EQ(own.values<std::int32_t>()[3], 4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.values<std::int32_t>()[0], 1);
}

TEST(Tensor, ChecksShapesAndTypes) {
  EXPECT_THROW(Tensor(DType::float32, {batch, 2}), ShapeError);
  EXPECT_THROW(Tensor(DType::float32, {2, -1}), ShapeError);
  EXPECT_THROW(Tensor(DType::float64, {std::int64_t{1} << 61}), ShapeError);
  EXPECT_THROW(Tensor({3}, std::vector<float>{1, 2}), ShapeError);
  EXPECT_THROW(Tensor(DType::float32, {1}).values<double>(), ShapeError);
  EXPECT_THROW(Tensor(DType::float32, {2}).item(), ShapeError);
  EXPECT_THROW(Tensor(DType::float32, {4}).reshaped({5}), ShapeError);
  EXPECT_THROW(Tensor(DType::float32, {4}).reshaped({batch}), ShapeError);
}

TEST(Tensor, ReshapesWithoutCopying) {
  const Tensor flat({6}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor square = flat.reshaped({2, 3});
  EXPECT_EQ(square.data(), flat.data());
  EXPECT_EQ(square.shape(), (Shape{2, 3}));
  EXPECT_NE(square, flat);
}

TEST(Tensor, CastsTowardsZeroAndKeepsToTheRange) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor values({8}, std::vector<double>{1.9, -1.9, 255.5, 256, -0.5, inf, -inf, NAN});
  EXPECT_EQ(values.cast(DType::uint8),
            Tensor({8}, std::vector<std::uint8_t>{1, 0, 255, 255, 0, 255, 0, 0}));
  EXPECT_EQ(values.cast(DType::int32),
            Tensor({8}, std::vector<std::int32_t>{1, -1, 255, 256, 0, 2147483647,
                                                  std::numeric_limits<std::int32_t>::min(), 0}));
  const Tensor wide({2}, std::vector<std::int32_t>{16777217, -5});
  EXPECT_EQ(wide.cast(DType::float32), Tensor({2}, std::vector<float>{16777216.0f, -5.0f}));
  EXPECT_EQ(wide.cast(DType::float64), Tensor({2}, std::vector<double>{16777217.0, -5.0}));
  EXPECT_EQ(wide.cast(DType::uint8), Tensor({2}, std::vector<std::uint8_t>{255, 0}));
}

TEST(Tensor, ItemReadsEveryDType) {
  EXPECT_EQ(Tensor::scalar(2.5f).item(), 2.5);
  EXPECT_EQ(Tensor::scalar(0.1).item(), 0.1);
  EXPECT_EQ(Tensor::scalar(std::int32_t{-7}).item(), -7.0);
  EXPECT_EQ(Tensor::scalar(std::uint8_t{200}).item(), 200.0);
}

TEST(Tensor, MayBeEmpty) {
  const Tensor empty(DType::float32, {0, 5});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_TRUE(empty.values<float>().empty());
  EXPECT_EQ(empty, Tensor(DType::float32, {0, 5}));
}

}  // namespace
}  // namespace sloy
