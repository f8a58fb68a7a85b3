#include "common/graph/rate_budget.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/fakes/scratch_dir.h"

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;

const SteadyTime kStart{std::chrono::hours(1)};

RateBudget Open(std::uint32_t rate, const std::string& path = "") {
  auto budget = RateBudget::Open(rate, path);
  EXPECT_TRUE(budget.ok());
  return std::move(*budget);
}

TEST(RateBudget, HoldsASecondsItemsAndSaysWhenThereAreEnough) {
  RateBudget budget = Open(200);
  EXPECT_FALSE(budget.Take(150, kStart));
  EXPECT_FALSE(budget.Take(50, kStart));
  EXPECT_EQ(budget.Take(20, kStart), milliseconds(100));
  EXPECT_EQ(budget.Take(20, kStart + milliseconds(99)), milliseconds(1));
  EXPECT_FALSE(budget.Take(20, kStart + milliseconds(100)));
}

TEST(RateBudget, TakesNothingForWhatItRefuses) {
  RateBudget budget = Open(100);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(budget.Take(101, kStart));
  EXPECT_FALSE(budget.Take(100, kStart));
}

TEST(RateBudget, NeverLetsMoreThanASecondsItemsInAtOnce) {
  RateBudget budget = Open(100);
  EXPECT_FALSE(budget.Take(100, kStart));
  // Not until 1,000 items are there, which is never, but until it is full.
  EXPECT_EQ(budget.Take(1'000, kStart), milliseconds(1'000));
  EXPECT_FALSE(budget.Take(100, kStart + std::chrono::hours(2)));
  EXPECT_TRUE(budget.Take(1, kStart + std::chrono::hours(2)));
}

TEST(RateBudget, IsSharedThroughItsFile) {
  const testing::ScratchDir dir;
  const std::string path = dir.File("rate");
  RateBudget first = Open(200, path);
  RateBudget second = Open(200, path);
  RateBudget other = Open(200, dir.File("other"));
  EXPECT_FALSE(first.Take(200, kStart));
  EXPECT_TRUE(second.Take(1, kStart));
  EXPECT_FALSE(other.Take(1, kStart));
  EXPECT_FALSE(second.Take(2, kStart + milliseconds(10)));
  EXPECT_TRUE(first.Take(1, kStart + milliseconds(10)));
}

TEST(RateBudget, IsFullWhenTheFileIsOfAnotherBoot) {
  const testing::ScratchDir dir;
  { EXPECT_FALSE(Open(200, dir.File("rate")).Take(200, kStart + std::chrono::hours(1'000))); }
  EXPECT_FALSE(Open(200, dir.File("rate")).Take(200, kStart));
}

TEST(RateBudget, RefusesAFileThatCannotBe) {
  const auto budget = RateBudget::Open(200, "/nowhere/at/all");
  ASSERT_FALSE(budget.ok());
  EXPECT_EQ(budget.error().code, ErrorCode::kInvalid);
  EXPECT_NE(budget.error().message.find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace headrace::graph
