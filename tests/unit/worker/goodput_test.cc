#include "worker/goodput.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

const SteadyTime kStart{std::chrono::hours(1)};

TEST(Goodput, CountsWhatIsYoungerThanASecondAsOfAWholeOne) {
  Goodput goodput;
  goodput.Add(30, kStart);
  goodput.Add(20, kStart + milliseconds(10));
  EXPECT_DOUBLE_EQ(goodput.ItemsPerSecond(kStart + milliseconds(10)), 50);
}

TEST(Goodput, KnowsARateThatIsSteady) {
  Goodput goodput;
  SteadyTime now = kStart;
  for (int i = 0; i < 1'000; ++i) {
    goodput.Add(7, now);
    now += milliseconds(10);
    if (i > 200) {
      EXPECT_NEAR(goodput.ItemsPerSecond(now), 700, 15);
    }
  }
}

TEST(Goodput, ForgetsWhatWasLongAgo) {
  Goodput goodput;
  goodput.Add(1'000, kStart);
  EXPECT_GT(goodput.ItemsPerSecond(kStart + milliseconds(1'500)), 0);
  EXPECT_DOUBLE_EQ(goodput.ItemsPerSecond(kStart + milliseconds(3'000)), 0);
  goodput.Add(5, kStart + milliseconds(9'000));
  EXPECT_DOUBLE_EQ(goodput.ItemsPerSecond(kStart + milliseconds(9'000)), 5);
}

}  // namespace
}  // namespace headrace::worker
