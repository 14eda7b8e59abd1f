/// Products with a packed weight, as a dense layer makes them, against sums in double.
#include <gtest/gtest.h>
#include <sloy/ops.h>
#include <sloy/program.h>

#include <algorithm>

#include "backends/cpu/machine.h"
#include "backends/cpu/panel_jobs.h"
#include "harness/drawing.h"

namespace sloy::cpu {
namespace {

Tensor tensor_of(const Shape& shape, const std::vector<float>& values) {
  Tensor tensor(DType::float32, shape);
  std::ranges::copy(values, tensor.mutable_values<float>().begin());
  return tensor;
}

struct Dense {
  std::int64_t batch, inputs, units;
};

/// x·w + b rectified, and what x and w get back of dy, which is a number for every element of y.
class DenseLayer {
 public:
  explicit DenseLayer(const Dense& size) : size_(size) {
    const auto& [batch, inputs, units] = size;
    harness::Drawing draw;
    x_ = draw.integers(batch * inputs);
    w_ = draw.integers(inputs * units);
    b_ = draw.integers(units);
    dy_ = draw.integers(batch * units);
  }

  void expect_exact() const {
    const auto& [batch, inputs, units] = size_;
    Graph graph;
    const Value x = graph.input("x", {DType::float32, {batch, inputs}});
    const Value dy = graph.input("dy", {DType::float32, {batch, units}});
    const Value w = variable(graph, "w", {inputs, units}, w_);
    const Value b = variable(graph, "b", {units}, b_);
    const Value y = rectify(matmul(x, w) + b);
    const std::vector<Value> slopes = gradient(sum(y * dy), std::vector<Value>{x, w});
    const Program program = compile({.outputs = {y, slopes[0], slopes[1]}, .batch_size = 1});
    for (const Plan::Step& step : program.plan().steps) {
      if (step.op == "matmul") {
        EXPECT_EQ(step.kernel, "panels");
      }
    }
    State state(program.variables());
    const Results results =
        program.run(state, {tensor_of({batch, inputs}, x_), tensor_of({batch, units}, dy_)});
    expect_equal(results[0], [&](std::int64_t n, std::int64_t u) { return y_at(n, u); });
    expect_equal(results[1], [&](std::int64_t n, std::int64_t i) {
      double sum = 0;
      for (std::int64_t u = 0; u < size_.units; ++u) sum += z_at(n, u) * w_[i * size_.units + u];
      return sum;
    });
    expect_equal(results[2], [&](std::int64_t i, std::int64_t u) {
      double sum = 0;
      for (std::int64_t n = 0; n < size_.batch; ++n) sum += x_[n * size_.inputs + i] * z_at(n, u);
      return sum;
    });
  }

 private:
  static Value variable(Graph& graph, std::string name, const Shape& shape,
                        const std::vector<float>& values) {
    Variable made{.name = std::move(name), .type = {DType::float32, shape}};
    made.initial = [=](std::uint64_t) { return tensor_of(shape, values); };
    return graph.variable(graph.variables().add(made));
  }

  double y_at(std::int64_t n, std::int64_t u) const {
    double sum = b_[u];
    for (std::int64_t i = 0; i < size_.inputs; ++i) {
      sum += double{x_[n * size_.inputs + i]} * double{w_[i * size_.units + u]};
    }
    return std::max(sum, 0.0);
  }

  /// Of the products' result before the ReLU.
  double z_at(std::int64_t n, std::int64_t u) const {
    const auto at = static_cast<std::size_t>(n * size_.units + u);
    if (rectified_.empty()) {
      for (std::int64_t i = 0; i < size_.batch * size_.units; ++i) {
        rectified_.push_back(y_at(i / size_.units, i % size_.units) > 0);
      }
    }
    return rectified_[at] ? dy_[at] : 0.0;
  }

  template <class Expected>
  static void expect_equal(const Tensor& got, const Expected& expected) {
    const auto values = got.values<float>();
    const std::int64_t width = got.shape().size(1);
    for (std::int64_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(values[static_cast<std::size_t>(i)], expected(i / width, i % width)) << i;
    }
  }

  Dense size_;
  std::vector<float> x_, w_, b_, dy_;
  mutable std::vector<bool> rectified_;
};

// Sums of more than a part's 512 numbers; panels that two threads share evenly or not; rows and
// inputs that end in part of a group or a panel.
TEST(Panels, AreExactInAllThreeProducts) {
  if (this_machine().instructions != InstructionSet::avx512) return;
  for (const Dense& size : {Dense{32, 32, 64}, Dense{33, 48, 192}, Dense{40, 1040, 64},
                            Dense{35, 80, 1088}, Dense{600, 64, 128}}) {
    SCOPED_TRACE(testing::Message() << size.batch << ' ' << size.inputs << ' ' << size.units);
    DenseLayer(size).expect_exact();
  }
}

TEST(PanelJobs, HaveEachRowOfEachPanelOnce) {
  for (int threads = 1; threads <= 17; ++threads) {
    for (std::int64_t panels : {1, 2, 3, 8, 12}) {
      for (std::int64_t rows : {1, 6, 7, 128, 784}) {
        const PanelJobs jobs(rows, panels * 64 - 5, threads);
        std::int64_t panel = 0;
        std::int64_t row = 0;
        for (std::int64_t i = 0; i < jobs.count(); ++i) {
          ASSERT_EQ(jobs[i].panel, panel);
          ASSERT_EQ(jobs[i].row, row);
          ASSERT_GT(jobs[i].rows, 0);
          ASSERT_EQ(row % 6, 0);
          row += jobs[i].rows;
          if (row < rows) continue;
          ASSERT_EQ(row, rows);
          row = 0;
          ++panel;
        }
        ASSERT_EQ(panel, panels);
        if (rows >= 128) {
          EXPECT_EQ(jobs.count() % threads, 0);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sloy::cpu
