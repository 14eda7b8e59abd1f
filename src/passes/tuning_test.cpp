#include "passes/tuning.h"

#include <gtest/gtest.h>
#include <sloy/ops.h>

#include <algorithm>

#include "graph/leaf.h"
#include "harness/memory_files.h"
#include "ops/matmul.h"
#include "ops/reorder.h"
#include "passes/layout.h"
#include "passes/tuning_file.h"

namespace sloy {
namespace {

using harness::bytes_of;
using harness::MemoryFiles;

class Idle final : public Kernel {
 public:
  void run(const Pointers&) const override {}
};

const Layout packed{.order = {1, 0}, .blocks = {{0, 4}, {1, 4}}};

Proposal idle(const Request& request, const Layout& weight) {
  Proposal proposal;
  proposal.inputs = {Layout{}, weight};
  proposal.outputs.resize(request.outputs.size());
  proposal.kernel = std::make_shared<Idle>();
  return proposal;
}
std::optional<Proposal> take_plain(const Request& request, std::string&) {
  return idle(request, {});
}
std::optional<Proposal> take_packed(const Request& request, std::string&) {
  return idle(request, packed);
}
std::optional<Proposal> refuse(const Request&, std::string& refusal) {
  refusal = "never";
  return {};
}

constexpr Offer all_offers[] = {{&matmul_op, "never", refuse},
                                {&matmul_op, "rule's", take_plain},
                                {&matmul_op, "packed", take_packed},
                                {&matmul_op, "other", take_plain}};

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(std::string machine = "this machine") : machine_(std::move(machine)) {}
  std::string_view name() const override { return "fake"; }
  std::string machine() const override { return machine_; }
  std::vector<const Offer*> offers(const Op& op) const override {
    std::vector<const Offer*> found;
    for (const Offer& offer : all_offers) {
      if (offer.op == &op) found.push_back(&offer);
    }
    return found;
  }
  int block_width() const override { return 4; }
  bool fuses() const override { return false; }

 private:
  std::string machine_;
};

/// Times as they are said.
class FakeTimer final : public KernelTimer {
 public:
  std::map<std::string, double, std::less<>> times;
  int calls = 0;
  std::size_t reorders = 0;  ///< that the candidates of the last call need

  std::vector<double> seconds(const Request&, std::span<const Candidate> candidates) override {
    ++calls;
    reorders = 0;
    std::vector<double> all;
    for (const Candidate& candidate : candidates) {
      all.push_back(times.find(candidate.kernel)->second);
      reorders += candidate.reorders.size();
    }
    return all;
  }
};

class TuningTest : public testing::Test {
 protected:
  /// As another process would make it.
  Tuning tuning(const std::string& file = "cache/tuning.json") {
    auto impl = std::make_shared<Tuning::Impl>();
    impl->file = file;
    impl->files = &files_;
    impl->timer = &timer_;
    return Tuning(std::move(impl));
  }

  /// What takes the product x·y of two inputs.
  Selection choose(const Tuning& tuning, const Backend& backend = FakeBackend()) {
    Graph graph;
    const Value x = graph.input("x", {DType::float32, {4, 8}});
    const Value y = graph.input("y", {DType::float32, {8, 12}});
    graph.output("product", matmul(x, y));
    const Lowered lowered = choose_layouts(graph, backend, {.tuning = tuning});
    for (std::size_t n = 0; n < lowered.graph->nodes().size(); ++n) {
      if (lowered.graph->nodes()[n].op == &matmul_op) return lowered.selections[n];
    }
    return {};
  }
  std::string kernel(const Tuning& tuning, const Backend& backend = FakeBackend()) {
    return std::string(choose(tuning, backend).offer->name);
  }

  void put(const std::string& text) { files_.put("cache/tuning.json", bytes_of(text)); }

  MemoryFiles files_;
  FakeTimer timer_;
};

TEST_F(TuningTest, TheFirstThatAcceptsIsTakenWithout) {
  const Selection selection = choose({});
  EXPECT_EQ(selection.offer->name, "rule's");
  EXPECT_FALSE(selection.tuned);
  EXPECT_EQ(selection.refused.size(), 1U);
}

TEST_F(TuningTest, TheFastestIsTaken) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  const Tuning one = tuning();
  const Selection selection = choose(one);
  EXPECT_EQ(selection.offer->name, "other");
  EXPECT_TRUE(selection.tuned);
  const std::vector<std::pair<std::string, std::string>> refused{
      {"never", "never"}, {"rule's", "it is slower here"}, {"packed", "it is slower here"}};
  EXPECT_EQ(selection.refused, refused);
  ASSERT_EQ(one.choices().size(), 1U);
  EXPECT_EQ(one.choices()[0].kernel, "other");
  EXPECT_EQ(one.choices()[0].seconds, 1);

  timer_.times = {{"rule's", 3}, {"packed", 1}, {"other", 2}};
  EXPECT_EQ(kernel(tuning("elsewhere")), "packed");
  EXPECT_EQ(timer_.reorders, 1U) << "packed alone needs its operand in another form";
}

/// Two measurements of one kernel differ: a rule that is as good stays, and with it the bits.
TEST_F(TuningTest, TheRulesOwnStaysWhereNothingIsClearlyFaster) {
  timer_.times = {{"rule's", 1}, {"packed", 0.99}, {"other", 0.98}};
  EXPECT_EQ(kernel(tuning()), "rule's");
  timer_.times = {{"rule's", 1}, {"packed", 0.95}, {"other", 0.94}};
  EXPECT_EQ(kernel(tuning("elsewhere")), "other");
}

TEST_F(TuningTest, WhatWasChosenIsReadBack) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  EXPECT_EQ(kernel(tuning()), "other");
  EXPECT_EQ(timer_.calls, 1);
  timer_.times = {{"rule's", 1}, {"packed", 2}, {"other", 3}};
  const Tuning later = tuning();
  EXPECT_EQ(kernel(later), "other");
  EXPECT_EQ(timer_.calls, 1) << "nothing is timed twice";
  EXPECT_EQ(later.choices().size(), 1U);
  EXPECT_TRUE(later.complaints().empty());
}

/// What other processes wrote meanwhile stays.
TEST_F(TuningTest, ProcessesAddToOneCache) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  const Tuning first = tuning(), second = tuning();
  first.impl()->open(FakeBackend());
  EXPECT_EQ(kernel(second), "other");
  first.impl()->known["another node"] = {"another node", "rule's", 0.5};
  first.impl()->has_news = true;
  first.impl()->remember();
  EXPECT_EQ(read_tuning("cache/tuning.json", files_).choices.size(), 2U);
}

TEST_F(TuningTest, ACacheOfAnotherMachineIsNotUsed) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  EXPECT_EQ(kernel(tuning()), "other");
  timer_.times = {{"rule's", 1}, {"packed", 2}, {"other", 3}};
  const Tuning there = tuning();
  EXPECT_EQ(kernel(there, FakeBackend("a faster one")), "rule's");
  ASSERT_EQ(there.complaints().size(), 1U);
  EXPECT_STREQ(there.complaints()[0].what(),
               "the cache of measured kernels is not used\n"
               "  reason   it is of another machine\n"
               "  file     cache/tuning.json\n"
               "  its      this machine\n"
               "  this     a faster one\n"
               "  to fix   nothing: what is needed is timed, and the file written anew");
  EXPECT_EQ(read_tuning("cache/tuning.json", files_).machine, "a faster one");
}

TEST_F(TuningTest, AKernelThatDoesNotTakeTheNodeIsNotRepeated) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  const Tuning first = tuning();
  kernel(first);
  TuningFile content = read_tuning("cache/tuning.json", files_);
  content.choices[0].kernel = "never";
  write_tuning("cache/tuning.json", content, files_);
  const Tuning later = tuning();
  EXPECT_EQ(kernel(later), "other");
  EXPECT_EQ(timer_.calls, 2);
  ASSERT_EQ(later.complaints().size(), 1U);
  EXPECT_EQ(later.complaints()[0].sentence(),
            "a measured choice can't be repeated: the kernel does not take the node");
}

/// Cut anywhere, or with any bit turned, it is read or left out, and written anew.
TEST_F(TuningTest, ADamagedCacheIsMeasuredAnew) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  kernel(tuning());
  const std::vector<std::byte> whole = files_.get("cache/tuning.json");
  int refused = 0;
  const auto check = [&](std::vector<std::byte> damaged) {
    files_.put("cache/tuning.json", std::move(damaged));
    const Tuning later = tuning();
    const std::string taken = kernel(later);
    EXPECT_TRUE(taken == "other" || taken == "packed" || taken == "rule's");
    if (later.complaints().empty()) return;
    ++refused;
    EXPECT_EQ(taken, "other");
    EXPECT_EQ(read_tuning("cache/tuning.json", files_).choices.size(), 1U);
  };
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    check({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  EXPECT_EQ(refused, static_cast<int>(whole.size()) - 2) << "every cut shows";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> turned = whole;
      turned[i] ^= static_cast<std::byte>(1 << bit);
      check(std::move(turned));
    }
  }
}

TEST_F(TuningTest, FilesThatAreNoRecordAreRefused) {
  const auto complaint = [&](const std::string& text) {
    put(text);
    timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
    const Tuning later = tuning();
    EXPECT_EQ(kernel(later), "other") << text;
    const std::vector<Error> all = later.complaints();
    return all.size() == 1 ? all[0].notes()[0].value : "no complaint";
  };
  const std::string begin =
      R"({"format": "sloy tuning", "version": 1, "machine": "this machine", )";
  const auto choices = [&](const std::string& list) {
    return begin + "\"choices\": [" + list + "]}";
  };
  EXPECT_EQ(complaint(""), "the text ends before the JSON value does");
  EXPECT_EQ(complaint("[]"), "this is no record of measured choices");
  EXPECT_EQ(complaint("{\"format\": \"other\"}"), "this is no record of measured choices");
  EXPECT_EQ(complaint(R"({"format": "sloy tuning", "version": 2, "later": 1})"),
            "the record is of another version than 1, the number 2");
  EXPECT_EQ(complaint(begin + "\"choices\": 3}"), "a list is needed here, not the number 3");
  EXPECT_EQ(complaint(choices(R"({"node": "", "kernel": "x", "seconds": 1})")),
            "a choice names no node");
  EXPECT_EQ(complaint(choices(R"({"node": "x", "kernel": "", "seconds": 1})")),
            "a choice names no kernel");
  EXPECT_EQ(complaint(choices(R"({"node": "x", "kernel": "x", "seconds": -1})")),
            "-1 is no time in seconds");
  EXPECT_EQ(complaint(choices(R"({"node": "x", "kernel": "x", "seconds": "nan"})")),
            "nan is no time in seconds");
  EXPECT_EQ(complaint(choices(R"({"node": "x", "kernel": "x", "seconds": 1},
                                 {"node": "x", "kernel": "y", "seconds": 1})")),
            "a node stands twice");
  EXPECT_NE(complaint(choices(R"({"node": "x", "kernel": "x"})")).find("seconds"),
            std::string::npos);
  EXPECT_EQ(complaint(std::string(1000, '[')), "values are nested more than 64 deep");
}

TEST_F(TuningTest, ACacheThatCantBeWrittenIsNoError) {
  timer_.times = {{"rule's", 3}, {"packed", 2}, {"other", 1}};
  files_.fail_after = 0;
  const Tuning one = tuning();
  EXPECT_EQ(kernel(one), "other");
  ASSERT_EQ(one.complaints().size(), 1U);
  EXPECT_EQ(one.complaints()[0].sentence(), "the cache of measured kernels can't be written");
}

TEST_F(TuningTest, ARecordIsReadBackWhole) {
  const TuningFile content{"machine \"x\"\n", {{"node ·", "kernel", 1.25e-3}, {"b", "k", 0}}};
  write_tuning("record.json", content, files_);
  const TuningFile read = read_tuning("record.json", files_);
  EXPECT_EQ(read.machine, content.machine);
  EXPECT_EQ(read.choices, content.choices);
}

/// Products of other sizes, forms or arguments are other nodes.
TEST(DescribeNode, TellsNodesApart) {
  const Type a{DType::float32, {4, 8}}, wide{DType::float32, {4, 9}}, b{DType::float32, {8, 2}};
  const std::vector<Type> results{{DType::float32, {4, 2}}};
  const Layout plain;
  const auto attributes = OpDefinition<MatmulAttributes>::box({});
  const auto text = [&](const Type& left, const Layout& form, bool free) {
    const std::vector<Operand> operands{{&left, &plain, false}, {&b, &form, free}};
    return describe({&matmul_op, attributes.get(), operands, results}, attributes);
  };
  const std::string one = text(a, plain, false);
  EXPECT_EQ(one, text(a, plain, false));
  EXPECT_NE(one, text(wide, plain, false));
  EXPECT_NE(one, text(a, packed, false));
  EXPECT_NE(one, text(a, plain, true));
  const std::vector<Operand> operands{{&a, &plain, false}, {&b, &plain, false}};
  const auto other = OpDefinition<MatmulAttributes>::box({.relu = true});
  EXPECT_NE(one, describe({&matmul_op, other.get(), operands, results}, other));
  EXPECT_NE(
      one, describe({&matmul_op, attributes.get(), operands, results, ConvolutionAlgorithm::direct},
                    attributes));
}

TEST(RealTimer, SlowerKernelsTakeLonger) {
  /// Adds as many numbers as it is told to.
  class Adding final : public Kernel {
   public:
    explicit Adding(int count) : count_(count) {}
    void run(const Pointers& pointers) const override {
      auto* y = static_cast<float*>(pointers.outputs[0]);
      for (int i = 0; i < count_; ++i) y[i % 8] += static_cast<const float*>(pointers.inputs[0])[0];
    }

   private:
    int count_;
  };
  const Type a{DType::float32, {4, 8}}, b{DType::float32, {8, 2}};
  const std::vector<Type> results{{DType::float32, {4, 2}}};
  const Layout plain;
  const std::vector<Operand> operands{{&a, &plain, false}, {&b, &plain, false}};
  std::vector<Candidate> candidates;
  for (int count : {200'000, 1'000}) {
    Proposal proposal;
    proposal.inputs = {plain, plain};
    proposal.outputs = {plain};
    proposal.kernel = std::make_shared<Adding>(count);
    candidates.push_back({"adding", std::move(proposal)});
  }
  const MatmulAttributes attributes;
  const std::vector<double> seconds =
      real_timer().seconds({&matmul_op, &attributes, operands, results}, candidates);
  ASSERT_EQ(seconds.size(), 2U);
  EXPECT_GT(seconds[0], 5 * seconds[1]);
}

}  // namespace
}  // namespace sloy
