#include <gtest/gtest.h>
#include <sloy/error.h>
#include <sloy/tensor.h>

#include <cmath>
#include <limits>
#include <thread>

#include "harness/messages.h"

namespace sloy {
namespace {

using harness::message_of;

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

TEST(Tensor, TakesSizesOfAnyIntegerType) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const std::size_t n = values.size() / 2;
  const Tensor tensor({n, 2u}, values);
  EXPECT_EQ(tensor.shape(), (Shape{3, 2}));
  EXPECT_EQ(Tensor({values.size()}, values).shape(), (Shape{6}));
  EXPECT_EQ((Shape{batch, std::int16_t{3}, 4LL}), (Shape{batch, 3, 4}));
  EXPECT_THROW(Tensor(DType::uint8, {std::numeric_limits<std::size_t>::max()}), ShapeError);
}

TEST(Tensor, TakesInt64AsInt32) {
  const std::vector<std::int64_t> labels{3, -1, 2147483647, -2147483648};
  const Tensor tensor({labels.size()}, labels);
  EXPECT_EQ(tensor, Tensor({4}, std::vector<std::int32_t>{3, -1, 2147483647,
                                                          std::numeric_limits<int>::min()}));
  EXPECT_EQ(Tensor({4}, std::span<const std::int64_t>(labels)), tensor);
  EXPECT_EQ(Tensor::scalar(std::int64_t{7}), Tensor::scalar(std::int32_t{7}));
  EXPECT_THROW(Tensor({3}, labels), ShapeError);
  EXPECT_EQ(message_of([] {
              Tensor({2}, std::vector<std::int64_t>{5, 2147483648});
            }),
            "the number 2147483648 does not fit int32\n"
            "  element   1   counted from 0\n"
            "  to fix    class labels count from 0; what is measured is given as float or double");
}

TEST(Tensor, ValuesOutliveATensorThatGoes) {
  const auto make = [] { return Tensor({3}, std::vector<float>{1, 2, 3}); };
  const auto values = make().values<float>();
  EXPECT_EQ(values, (std::vector<float>{1, 2, 3}));
  float sum = 0;
  for (float value : make().values<float>()) sum += value;
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(make().values<float>()[1], 2);
  const Shape& shape = make().shape();
  EXPECT_EQ(shape, (Shape{3}));
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
