#include "common/redis/outcome_spans.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace headrace::redis {
namespace {

using Bytes = std::map<std::uint32_t, std::uint8_t>;

// What the spans write, by index; checks on the way that they are in order, disjoint and counted.
Bytes Expand(const std::vector<OutcomeSpan>& spans) {
  Bytes bytes;
  std::uint64_t free_from = 0;
  for (const OutcomeSpan& span : spans) {
    EXPECT_GE(span.first, free_from);
    free_from = std::uint64_t{span.first} + span.length;
    std::array<std::uint32_t, 4> counts{};
    for (std::uint32_t i = 0; i < span.length; ++i) {
      const auto byte = static_cast<std::uint8_t>(span.bytes[span.bytes.size() == 1 ? 0 : i]);
      if (byte == 0) continue;
      bytes[span.first + i] = byte;
      ++counts.at((byte & 7U) - 1U);
    }
    EXPECT_EQ(counts, span.counts);
    EXPECT_EQ(span.failed.size(), span.counts[1]);
  }
  return bytes;
}

TEST(OutcomeSpans, NeighboursShareASpanAndOthersDoNot) {
  OutcomeRecord record;
  record.round = 1;
  record.succeeded = {{10, 12}, {14, 14}, {100'000, 100'000}};
  record.failed = {{13, {"a", "b", 1}}};
  const auto spans = MakeOutcomeSpans(record);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].first, 10U);
  EXPECT_EQ(spans[0].bytes, "\x09\x09\x09\x0a\x09");
  EXPECT_EQ(spans[0].failed.at(0)->index, 13U);
  EXPECT_EQ(spans[1].first, 100'000U);
  EXPECT_EQ(spans[1].bytes, "\x09");
}

TEST(OutcomeSpans, LongRunTravelsAsOneByte) {
  OutcomeRecord record;
  record.canceled = {{5, 40'000'004}};
  const auto spans = MakeOutcomeSpans(record);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].bytes, "\x04");
  EXPECT_EQ(spans[0].length, 40'000'000U);
  EXPECT_EQ(spans[0].counts[3], 40'000'000U);
}

TEST(OutcomeSpans, TouchesLittleMoreThanTheRecordNames) {
  OutcomeRecord record;
  for (std::uint32_t i = 0; i < 1'000; ++i) record.succeeded.push_back({i * 1'000, i * 1'000});
  std::uint64_t touched = 0;
  for (const OutcomeSpan& span : MakeOutcomeSpans(record)) touched += span.length;
  EXPECT_EQ(touched, 1'000U);
}

TEST(OutcomeSpans, EmptyRecordHasNone) { EXPECT_TRUE(MakeOutcomeSpans({}).empty()); }

TEST(OutcomeSpans, FirstStateOfAnIndexCounts) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::uint32_t width = seed % 2 == 0 ? 100 : 60'000;
    const auto range = [&] {
      const auto first = static_cast<std::uint32_t>(random() % width);
      return IndexRange{first, static_cast<std::uint32_t>(first + random() % (width / 4))};
    };
    OutcomeRecord record;
    for (auto i = random() % 4; i > 0; --i) record.succeeded.push_back(range());
    for (auto i = random() % 4; i > 0; --i) record.skipped.push_back(range());
    for (auto i = random() % 4; i > 0; --i) record.canceled.push_back(range());
    for (auto i = random() % 9; i > 0; --i) {
      record.failed.push_back({static_cast<std::uint32_t>(random() % width), {"c", "m", 1}});
    }
    Bytes expected;
    const auto put = [&](const IndexRange& r, ItemState state) {
      for (std::uint32_t i = r.first; i <= r.last; ++i) {
        expected.emplace(i, static_cast<std::uint8_t>(state));
      }
    };
    for (const IndexRange& r : record.succeeded) put(r, ItemState::kSucceeded);
    for (const FailedItem& f : record.failed) put({f.index, f.index}, ItemState::kFailed);
    for (const IndexRange& r : record.skipped) put(r, ItemState::kSkipped);
    for (const IndexRange& r : record.canceled) put(r, ItemState::kCanceled);
    EXPECT_EQ(Expand(MakeOutcomeSpans(record)), expected);
  }
}

}  // namespace
}  // namespace headrace::redis
