#include "common/kafka/prefetch_watch.h"

#include <gtest/gtest.h>

namespace headrace::kafka {
namespace {

TEST(PrefetchWatch, WakesOnceWhenAFullQueueIsHalfEmpty) {
  PrefetchWatch watch({.bytes = 100'000, .messages = 1'000});
  EXPECT_FALSE(watch.ShouldWake(10, 1'000, 100)) << "was never full";
  EXPECT_FALSE(watch.ShouldWake(10, 1'000, 950));
  EXPECT_FALSE(watch.ShouldWake(10, 1'000, 600));
  EXPECT_TRUE(watch.ShouldWake(10, 1'000, 499));
  EXPECT_FALSE(watch.ShouldWake(10, 1'000, 400));
  EXPECT_FALSE(watch.ShouldWake(10, 1'000, 0));
}

TEST(PrefetchWatch, CountsBytesOfLargeMessages) {
  PrefetchWatch watch({.bytes = 100'000, .messages = 1'000});
  EXPECT_FALSE(watch.ShouldWake(1, 10'000, 9)) << "full by bytes";
  EXPECT_TRUE(watch.ShouldWake(1, 10'000, 5));
}

TEST(PrefetchWatch, RemembersTheSizeWhileNothingIsPolled) {
  PrefetchWatch watch({.bytes = 100'000, .messages = 1'000});
  EXPECT_FALSE(watch.ShouldWake(1, 10'000, 2));
  EXPECT_FALSE(watch.ShouldWake(0, 0, 10)) << "full now";
  EXPECT_TRUE(watch.ShouldWake(2, 20'000, 1));
}

}  // namespace
}  // namespace headrace::kafka
