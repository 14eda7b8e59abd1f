#include "ops/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "backends/cpu/offers.h"
#include "harness/op_checks.h"
#include "harness/op_values.h"

namespace sloy {
namespace {

template <const auto&... first, const auto&... second>
std::vector<OpCases> cases_of(OpList<first...>, OpList<second...>) {
  return {cases<first>()..., cases<second>()...};
}

/// Of all ops that compute: the table's and those that passes write.
const std::vector<OpCases>& all_cases() {
  static const std::vector<OpCases> all = cases_of(Table{}, PassTable{});
  return all;
}

template <const auto&... first, const auto&... second>
std::vector<const Op*> ops_of(OpList<first...>, OpList<second...>) {
  return {&first..., &second...};
}

std::vector<const Op*> ops_with_rows() { return ops_of(Table{}, PassTable{}); }

using Rows = std::vector<const OpCase*>;

template <class Condition>
Rows rows_where(const Condition& holds) {
  Rows found;
  for (const OpCases& cases : all_cases()) {
    for (const OpCase& row : cases.rows()) {
      if (holds(row)) found.push_back(&row);
    }
  }
  return found;
}

bool is_accepted(const OpCase& row) { return row.error.empty(); }

class OpRow : public testing::TestWithParam<const OpCase*> {};
class RefusedOpRow : public OpRow {};
class DifferentiableOpRow : public OpRow {};

TEST_P(RefusedOpRow, SaysWhatIsWrong) { EXPECT_EQ(check_refusal(*GetParam()), ""); }

TEST_P(OpRow, HasTheValuesExpected) { EXPECT_EQ(check_values(*GetParam()), ""); }
TEST_P(OpRow, IsAccurateInFloat) { EXPECT_EQ(check_float(*GetParam()), ""); }
TEST_P(OpRow, SurvivesAsText) { EXPECT_EQ(check_text(*GetParam()), ""); }
TEST_P(OpRow, BindsTheBatch) { EXPECT_EQ(check_binding(*GetParam()), ""); }

TEST_P(OpRow, IsWhatEveryOfferComputes) { EXPECT_EQ(check_offers(*GetParam(), cpu_backend()), ""); }

TEST_P(DifferentiableOpRow, HasTheGradientOfItsKernel) {
  EXPECT_EQ(check_gradient(*GetParam()), "");
}
TEST_P(DifferentiableOpRow, HasTheGradientOfItsGradient) {
  EXPECT_EQ(check_second_gradient(*GetParam()), "");
}

std::string name_of(const testing::TestParamInfo<const OpCase*>& info) { return info.param->name; }

INSTANTIATE_TEST_SUITE_P(Ops, OpRow, testing::ValuesIn(rows_where(is_accepted)), name_of);
INSTANTIATE_TEST_SUITE_P(Ops, RefusedOpRow, testing::ValuesIn(rows_where([](const OpCase& row) {
                           return !is_accepted(row);
                         })),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Ops, DifferentiableOpRow,
                         testing::ValuesIn(rows_where([](const OpCase& row) {
                           return is_accepted(row) && has_gradient(row);
                         })),
                         name_of);

TEST(Table, HasRowsForEveryOpThatAreOfThatOp) {
  const std::vector<const Op*> ops = ops_with_rows();
  ASSERT_EQ(all_cases().size(), ops.size());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const std::vector<OpCase>& rows = all_cases()[i].rows();
    EXPECT_FALSE(rows.empty()) << ops[i]->name();
    for (const OpCase& row : rows) EXPECT_EQ(row.op, ops[i]) << row.name;
  }
}

TEST(Table, FindsOpsByNames) {
  std::set<std::string_view> names;
  for (const Op* op : ops_with_rows()) {
    EXPECT_EQ(find_op(op->name()), op);
    EXPECT_TRUE(names.insert(op->name()).second) << op->name() << " stands there twice";
    EXPECT_FALSE(op->formula().empty()) << op->name();
  }
  EXPECT_EQ(find_op("no such op"), nullptr);
}

/// An op with a gradient rule whose rows are all too large, or at kinks, is checked by nobody.
TEST(Table, HasARowWithAGradientForEveryOpThatHasOne) {
  const auto maps_floats = [](const OpCase& row) {
    const auto is_float = [](const Type& type) { return type.dtype == DType::float32; };
    const BoundCase bound(row);
    return std::any_of(bound.operands.begin(), bound.operands.end(), is_float) &&
           std::any_of(bound.results.begin(), bound.results.end(), is_float);
  };
  for (const OpCases& cases : all_cases()) {
    std::vector<OpCase> rows = cases.rows();
    std::erase_if(rows, [&](const OpCase& row) { return !is_accepted(row) || !maps_floats(row); });
    if (rows.empty() || !rows.front().op->differentiable()) continue;
    if (rows.front().op == &stop_gradient_op) continue;  // its rule differs from its kernel's slope
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](auto& row) { return has_gradient(row); }))
        << rows.front().op->name();
  }
}

/// Without a rule of its own an op is taken to do one operation for each element of its results:
/// too little where many operands make one result.
TEST(Table, CostsOfReductionsCountWhatTheyRead) {
  const std::set<const Op*> reductions{&sum_op,     &max_op,     &argmax_op,
                                       &moments_op, &softmax_op, &softmax_cross_entropy_op,
                                       &matmul_op};
  for (const OpCase* row : rows_where(is_accepted)) {
    const BoundCase bound(*row);
    EXPECT_GE(bound.flops, 0) << row->name;
    if (!reductions.count(row->op)) continue;
    EXPECT_GE(bound.flops, static_cast<double>(bound.operands[0].shape.size())) << row->name;
  }
}

const BackendUse& use_of_the_cpu() {
  static const BackendUse all = [] {
    BackendUse use;
    for (const OpCase* row : rows_where(is_accepted)) find_use(*row, cpu_backend(), use);
    return use;
  }();
  return all;
}

/// A kernel no row reaches is a kernel nobody checks.
TEST(CpuBackend, HasEveryOfferReachedByARow) {
  for (std::span<const Offer> list : cpu::offer_lists()) {
    for (const Offer& offer : list) {
      EXPECT_TRUE(use_of_the_cpu().offers.count(&offer))
          << offer.name << " for " << offer.op->name();
    }
  }
}

/// The layout pass puts a reorder between any two of them. Large values are tried where smaller
/// ones have not had the two forms.
TEST(CpuBackend, ReordersBetweenAllFormsItsKernelsUse) {
  constexpr std::int64_t large = 1024;
  std::vector<BackendUse::Forms> uses = use_of_the_cpu().forms;
  std::sort(uses.begin(), uses.end(),
            [](const auto& a, const auto& b) { return a.type.shape.size() < b.type.shape.size(); });
  std::set<std::string> tried;
  for (const auto& [type, layouts] : uses) {
    for (const Layout& from : layouts) {
      for (const Layout& to : layouts) {
        const std::string pair = to_string(from) + " to " + to_string(to);
        if (!tried.insert(pair).second && type.shape.size() > large) continue;
        const OpCases cases(reorder_op,
                            {{.shapes = {type.shape},
                              .dtypes = {type.dtype},
                              .attributes = ReorderAttributes{from, to}}},
                            {.accuracy = Accuracy::exact});
        EXPECT_EQ(check_offers(cases.rows()[0], cpu_backend()), "")
            << to_string(type) << ' ' << pair;
      }
    }
  }
  EXPECT_GT(tried.size(), 20u);
}

/// "About 60": a new primitive needs a measured or a numerical reason.
TEST(Table, IsSmall) { EXPECT_LE(all_ops().size(), 62u); }

}  // namespace
}  // namespace sloy
