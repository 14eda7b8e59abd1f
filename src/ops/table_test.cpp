#include "ops/table.h"

#include <gtest/gtest.h>

#include <set>

#include "backends/cpu/machine.h"
#include "harness/op_checks.h"

namespace sloy {
namespace {

template <const auto&... ops>
std::vector<OpCases> cases_of(OpList<ops...>) {
  return {cases<ops>()...};
}

const std::vector<OpCases>& all_cases() {
  static const std::vector<OpCases> all = cases_of(Table{});
  return all;
}

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
  ASSERT_EQ(all_cases().size(), all_ops().size());
  for (std::size_t i = 0; i < all_ops().size(); ++i) {
    const std::vector<OpCase>& rows = all_cases()[i].rows();
    EXPECT_FALSE(rows.empty()) << all_ops()[i]->name();
    for (const OpCase& row : rows) EXPECT_EQ(row.op, all_ops()[i]) << row.name;
  }
}

TEST(Table, FindsOpsByNames) {
  std::set<std::string_view> names;
  for (const Op* op : all_ops()) {
    EXPECT_EQ(find_op(op->name()), op);
    EXPECT_TRUE(names.insert(op->name()).second) << op->name() << " stands there twice";
    EXPECT_FALSE(op->formula().empty()) << op->name();
  }
  EXPECT_EQ(find_op("no such op"), nullptr);
}

/// A kernel no row reaches is a kernel nobody checks. Winograd and some packed forms are there only
/// where the CPU has AVX-512.
TEST(CpuBackend, HasEveryOfferReachedByARow) {
  if (cpu::this_machine().instructions < cpu::InstructionSet::avx512) return;
  std::set<const Offer*> reached;
  for (const OpCase* row : rows_where(is_accepted)) find_accepting(*row, cpu_backend(), reached);
  for (const Op* op : all_ops()) {
    for (const Offer* offer : cpu_backend().offers(*op)) {
      EXPECT_TRUE(reached.count(offer)) << offer->name << " for " << op->name();
    }
  }
}

/// "About 60": a new primitive needs a measured or a numerical reason.
TEST(Table, IsSmall) { EXPECT_LE(all_ops().size(), 62u); }

}  // namespace
}  // namespace sloy
