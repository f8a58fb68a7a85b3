#include "worker/duration_tally.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace headrace::worker {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(DurationTally, CountsBySize) {
  DurationTally tally;
  EXPECT_TRUE(tally.empty());
  for (const milliseconds took : {milliseconds(-5), milliseconds(1), milliseconds(2)}) {
    tally.Add(took);
  }
  tally.Add(hours(3));
  EXPECT_EQ(tally.counts()[0], 2u) << "a clock that went back is no time";
  EXPECT_EQ(tally.counts()[1], 1u);
  EXPECT_EQ(std::accumulate(tally.counts().begin(), tally.counts().end(), std::uint64_t{0}), 4u);
  EXPECT_EQ(tally.counts().back(), 1u);
  EXPECT_NEAR(tally.sum_seconds(), 3 * 3'600 + 0.003, 1e-6);
  tally.Clear();
  EXPECT_TRUE(tally.empty());
}

TEST(DurationTally, HoldsTheSumOfAnyTimesThatProducersClaim) {
  DurationTally tally;
  constexpr hours kSince1970(24 * 365 * 56);
  for (int i = 0; i < 10'000; ++i) tally.Add(kSince1970);
  EXPECT_NEAR(tally.sum_seconds(), 10'000.0 * 56 * 365 * 86'400, 1e6);
}

}  // namespace
}  // namespace headrace::worker
