#include "worker/offset_set.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace headrace::worker {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

TEST(OffsetSet, AgreesWithASetUnderRandomChanges) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    OffsetSet offsets;
    std::set<std::int64_t> want;
    for (int step = 0; step < 200; ++step) {
      const auto offset = static_cast<std::int64_t>(random() % 60);
      if (random() % 3 == 0) {
        offsets.Remove(offset);
        want.erase(offset);
      } else {
        offsets.Add(offset);
        want.insert(offset);
      }
    }
    const auto below = static_cast<std::int64_t>(random() % 60);
    offsets.RemoveBelow(below);
    want.erase(want.begin(), want.lower_bound(below));
    const auto read = OffsetSet::Parse(offsets.Format(kNoLimit));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, offsets);
    EXPECT_EQ(offsets.empty(), want.empty());
    for (std::int64_t offset = 0; offset < 62; ++offset) {
      EXPECT_EQ(read->Contains(offset), want.contains(offset)) << offset;
    }
  }
}

TEST(OffsetSet, IsShortAsText) {
  OffsetSet offsets;
  for (const std::int64_t offset : {120, 121, 122, 123, 130}) offsets.Add(offset);
  EXPECT_EQ(offsets.Format(kNoLimit), "120+3,7");
}

TEST(OffsetSet, ClosesItsSmallestGapsWhereTheTextWouldBeTooLong) {
  OffsetSet offsets;
  for (std::int64_t i = 0; i < 1'000; ++i) offsets.Add(1'000'000 + 3 * i);
  offsets.Add(9'000'000);
  const std::string text = offsets.Format(100);
  EXPECT_LE(text.size(), 100u);
  const auto read = OffsetSet::Parse(text);
  ASSERT_TRUE(read.has_value());
  for (std::int64_t i = 0; i < 1'000; ++i) EXPECT_TRUE(read->Contains(1'000'000 + 3 * i));
  EXPECT_TRUE(read->Contains(9'000'000));
  EXPECT_FALSE(read->Contains(8'000'000)) << "the large gap stays";
}

TEST(OffsetSet, RefusesWhatItDidNotWrite) {
  for (const char* text : {"x", "1+", "1,,2", "1,0", "-3", "1;2"}) {
    EXPECT_FALSE(OffsetSet::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace headrace::worker
