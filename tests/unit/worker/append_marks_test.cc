#include "worker/append_marks.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace headrace::worker {
namespace {

using std::chrono::microseconds;

TEST(AppendMarks, KnowNothingBelowTheFirstRecord) {
  AppendMarks marks;
  EXPECT_EQ(marks.At(5), std::nullopt);
  marks.Note(7, Timestamp(std::chrono::seconds(1)));
  EXPECT_EQ(marks.At(6), std::nullopt);
  EXPECT_EQ(marks.At(7), Timestamp(std::chrono::seconds(1)));
  EXPECT_EQ(marks.At(100), Timestamp(std::chrono::seconds(1)));
}

TEST(AppendMarks, AgreeWithAFullListUnderRandomInterleavings) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    AppendMarks marks;
    std::vector<std::pair<std::int64_t, Timestamp>> all;
    std::int64_t offset = 0;
    Timestamp appended{std::chrono::hours(1)};
    std::size_t frontier = 0;
    const microseconds pace(1u << random() % 22);
    microseconds coarsest = AppendMarks::kFinest;
    for (int i = 0; i < 20'000; ++i) {
      offset += static_cast<std::int64_t>(1 + random() % 3);  // gaps
      appended += microseconds(random() % 1'000) * pace.count() / 500;
      if (random() % 50 == 0) appended -= std::chrono::milliseconds(random() % 500);
      marks.Note(offset, appended);
      all.emplace_back(offset, appended);
      ASSERT_LE(marks.size(), AppendMarks::kMarksMax);
      coarsest = std::max(coarsest, marks.resolution());
      if (random() % 10 != 0) continue;
      frontier += random() % (all.size() - frontier);
      const auto found = marks.At(all[frontier].first);
      ASSERT_TRUE(found);
      EXPECT_LT(std::chrono::abs(*found - all[frontier].second), 2 * coarsest);
    }
  }
}

}  // namespace
}  // namespace headrace::worker
