#include "worker/settlement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "common/base/utf8.h"
#include "common/model/item_header.h"
#include "common/model/timestamp.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/unit/worker/recording_observer.h"
#include "tests/unit/worker/work_items.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kBackoffMax{1'000};

StoreError ErrorOf(StoreErrorClass error_class) { return {error_class, "code", "why", {}}; }

class SettlementTest : public testing::Test {
 protected:
  SettlementTest() {
    log_.CreateTopic("outcomes", 1);
    log_.CreateTopic("letters", 1);
  }

  WorkItem Item(const std::string& graph, std::int64_t offset) {
    WorkItem item = MakeWorkItem(graph, offset);
    item.write.ref.batch = batch_;
    item.write.episode = batch_.ItemUuid(item.write.ref.index);
    return item;
  }
  void Add(WorkItem item) {
    ++held_.items;
    held_.bytes += item.bytes();
    lanes_.Add(std::move(item));
  }
  // What may be begun now, as the store hands it back with a result.
  CompletedChunk Take(const ChunkLimits& limits = {}) {
    CompletedChunk chunk;
    lanes_.TakeInto(chunk.items, limits, clock_.Now());
    for (WorkItem& item : chunk.items) {
      if (item.attempts++ > 0) continue;
      item.first_try = clock_.WallNow();
      item.judged_at = clock_.Now();
    }
    return chunk;
  }
  void Settle(CompletedChunk chunk, std::optional<StoreError> error = {}) {
    chunk.result.error = std::move(error);
    const Status settled = settlement_.Settle(chunk);
    EXPECT_TRUE(settled.ok());
  }
  // Something of another graph is applied, a moment later.
  void StoreWorks() {
    clock_.Advance(milliseconds(1));
    Add(Item("works", ++other_));
    Settle(Take());
    clock_.Advance(milliseconds(1));
  }

  // Everything that was reported is acknowledged.
  void Acknowledge() {
    std::vector<DoneItem> done;
    while (!reporter_.idle()) EXPECT_TRUE(reporter_.Pump(clock_.Now(), true, done).ok());
    for (const DoneItem& item : done) settlement_.failed().Acknowledged(item);
  }
  // What is in the outcomes topic then.
  OutcomeRecord Outcomes() {
    Acknowledge();
    OutcomeRecord all;
    for (const fakes::StoredRecord& stored : log_.Records("outcomes")) {
      OutcomeRecord record = *DecodeOutcomeRecord(stored.value);
      for (const IndexRange& range : record.succeeded) all.succeeded.push_back(range);
      for (const IndexRange& range : record.skipped) all.skipped.push_back(range);
      for (const IndexRange& range : record.canceled) all.canceled.push_back(range);
      for (const FailedItem& item : record.failed) all.failed.push_back(item);
    }
    return all;
  }
  std::map<std::string, std::string> HeadersOfLetter(std::size_t at) {
    const auto letters = log_.Records("letters");
    return {letters.at(at).headers.begin(), letters.at(at).headers.end()};
  }

  const BatchId batch_ = BatchId::Random();
  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_{clock_};
  std::unique_ptr<EventProducer> producer_ = log_.OpenProducer();
  Held held_;
  LaneBook lanes_;
  OutcomeReporter reporter_{*producer_,
                            {.outcomes_topic = "outcomes", .dead_letters_topic = "letters"}};
  PayloadPool payloads_;
  RecordingObserver observer_;
  Flow flow_;
  Settlement settlement_{
      {held_, lanes_, reporter_, payloads_, observer_, flow_, clock_},
      RetryRule({.backoff = milliseconds(100), .backoff_max = kBackoffMax, .attempts_max = 2}, 1),
      "items"};
  std::int64_t other_ = 1'000;
};

TEST_F(SettlementTest, ReportsEachItemAsItEnded) {
  for (std::int64_t i = 0; i < 4; ++i) {
    WorkItem item = Item("a", i);
    item.write.skip = i == 1;
    Add(std::move(item));
  }
  CompletedChunk chunk = Take();
  chunk.result.failures = {{2, "erased", "the graph was deleted", true},
                           {3, "too_long", "it is too long", false}};
  Add(Item("a", 4));
  EXPECT_TRUE(Take().items.empty()) << "the graph's chunk is not final";
  Settle(std::move(chunk));
  EXPECT_EQ(held_.items, 1u);
  EXPECT_EQ(held_.bytes, 2u);
  EXPECT_EQ(held_.reported, 4u);
  EXPECT_TRUE(Take().items.empty()) << "the failure is not acknowledged";

  const OutcomeRecord outcomes = Outcomes();
  EXPECT_EQ(Take().items.size(), 1u) << "the graph goes on";
  EXPECT_EQ(outcomes.succeeded, (std::vector<IndexRange>{{0, 0}}));
  EXPECT_EQ(outcomes.skipped, (std::vector<IndexRange>{{1, 1}}));
  EXPECT_EQ(outcomes.canceled, (std::vector<IndexRange>{{2, 2}}));
  ASSERT_EQ(outcomes.failed.size(), 1u);
  EXPECT_EQ(outcomes.failed[0].index, 3u);
  EXPECT_EQ(outcomes.failed[0].error.code, "too_long");
  EXPECT_EQ(log_.Records("letters").size(), 1u) << "what was canceled has none";
  EXPECT_EQ(observer_.outcomes, (std::array<std::size_t, 5>{0, 1, 1, 1, 1}));
}

TEST_F(SettlementTest, TriesAgainAfterABackoffAndBeforeTheSuccessors) {
  Add(Item("a", 0));
  Add(Item("a", 1));
  CompletedChunk chunk = Take();
  Add(Item("a", 2));
  Settle(std::move(chunk), ErrorOf(StoreErrorClass::kTransient));
  EXPECT_EQ(held_.waiting_retry, 2u);
  EXPECT_TRUE(Take().items.empty());
  clock_.Advance(kBackoffMax);
  chunk = Take();
  ASSERT_EQ(chunk.items.size(), 3u);
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(chunk.items[static_cast<std::size_t>(i)].offset, i);
  EXPECT_EQ(held_.items, 3u);
  EXPECT_EQ(Outcomes().item_count(), 0u);
}

TEST_F(SettlementTest, LooksForTheBadItemWhereTheStoreNamesNone) {
  for (std::int64_t i = 0; i < 4; ++i) Add(Item("a", i));
  int calls = 0;
  for (CompletedChunk chunk = Take(); !chunk.items.empty(); chunk = Take()) {
    ASSERT_LT(++calls, 6);
    const bool bad =
        std::ranges::any_of(chunk.items, [](const WorkItem& item) { return item.offset == 2; });
    Settle(std::move(chunk), bad ? std::optional(ErrorOf(StoreErrorClass::kItem)) : std::nullopt);
    Acknowledge();
  }
  const OutcomeRecord outcomes = Outcomes();
  EXPECT_EQ(CountOf(outcomes.succeeded), 3u);
  ASSERT_EQ(outcomes.failed.size(), 1u);
  EXPECT_EQ(outcomes.failed[0].index, 2u);
}

// An item that fails while the store works for others has so many tries; an outage costs it none.
TEST_F(SettlementTest, FailsAnItemOnlyForStrikes) {
  Add(Item("a", 0));
  const Timestamp first_try = clock_.WallNow();
  for (int i = 0; i < 10; ++i) {
    CompletedChunk chunk = Take();
    ASSERT_EQ(chunk.items.size(), 1u) << "the store worked for nobody";
    Settle(std::move(chunk), ErrorOf(StoreErrorClass::kTransient));
    clock_.Advance(kBackoffMax);
  }
  EXPECT_TRUE(Outcomes().failed.empty());
  for (int strike = 0; strike < 2; ++strike) {
    CompletedChunk chunk = Take();
    ASSERT_EQ(chunk.items.size(), 1u);
    StoreWorks();
    Settle(std::move(chunk), ErrorOf(StoreErrorClass::kTransient));
    clock_.Advance(kBackoffMax);
  }
  const OutcomeRecord outcomes = Outcomes();
  ASSERT_EQ(outcomes.failed.size(), 1u);
  EXPECT_EQ(outcomes.failed[0].error.code, "code");
  EXPECT_EQ(outcomes.failed[0].error.attempts, 12u);
  EXPECT_EQ(HeadersOfLetter(0).at("headrace-first-try"), FormatRfc3339(first_try));
  EXPECT_NE(HeadersOfLetter(0).at("headrace-last-try"), FormatRfc3339(first_try));
}

TEST_F(SettlementTest, CountsNoTryThatTheStoreThrottled) {
  Add(Item("a", 0));
  Settle(Take(), ErrorOf(StoreErrorClass::kThrottled));
  clock_.Advance(kBackoffMax);
  CompletedChunk chunk = Take();
  chunk.result.failures = {{0, "bad", "it is bad", false}};
  Settle(std::move(chunk));
  ASSERT_EQ(Outcomes().failed.size(), 1u);
  EXPECT_EQ(Outcomes().failed[0].error.attempts, 1u);
}

TEST_F(SettlementTest, ShortensWhatAStoreSaysWithoutCuttingACharacter) {
  std::string message;
  for (int i = 0; i < 500; ++i) message += i == 0 ? "x" : "ä";
  Add(Item("a", 0));
  CompletedChunk chunk = Take();
  chunk.result.failures = {{0, "bad", message, false}};
  Settle(std::move(chunk));
  const std::string said = Outcomes().failed.at(0).error.message;
  EXPECT_LE(said.size(), 303u);
  EXPECT_GE(said.size(), 300u);
  EXPECT_TRUE(IsValidUtf8(said));
  EXPECT_TRUE(said.ends_with("ä..."));
  EXPECT_EQ(HeadersOfLetter(0).at("headrace-message"), said);
}

TEST_F(SettlementTest, KeepsARefusedRecordAsItCame) {
  WorkItem item = Item("a", 7);
  item.write.payload.clear();  // it was not copied
  ++held_.items;
  const Record record{.source = {0, 0}, .offset = 7, .key = "no key of ours", .value = "\x01\x02"};
  ASSERT_TRUE(settlement_.Refuse(item, record, {"invalid_key", "the key names no graph"}).ok());
  EXPECT_EQ(held_.items, 0u);
  EXPECT_EQ(Outcomes().failed.at(0).error.code, "invalid_key");
  const auto letters = log_.Records("letters");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].key, "no key of ours");
  EXPECT_EQ(letters[0].value, "\x01\x02");
  EXPECT_EQ(HeadersOfLetter(0).at("headrace-first-try"),
            HeadersOfLetter(0).at("headrace-last-try"));
}

TEST_F(SettlementTest, GivesUpWhatEndedItsProcessAsACrashOfThreeTries) {
  WorkItem item = Item("a", 7);
  item.write.payload = "poison";
  held_.items = 1;
  held_.bytes = item.bytes();
  testing::internal::CaptureStderr();
  ASSERT_TRUE(settlement_.GiveUp(item).ok());
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("warning item_given_up"), std::string::npos) << said;
  EXPECT_EQ(said.find("poison"), std::string::npos) << said;
  EXPECT_EQ(held_.bytes, 0u);
  const OutcomeRecord outcomes = Outcomes();
  ASSERT_EQ(outcomes.failed.size(), 1u);
  EXPECT_EQ(outcomes.failed[0].error.code, "crash");
  EXPECT_EQ(outcomes.failed[0].error.attempts, 3u);
  EXPECT_EQ(log_.Records("letters").at(0).value, "poison");
  EXPECT_EQ(HeadersOfLetter(0).at("headrace-last-try"), FormatRfc3339(clock_.WallNow()));
  EXPECT_FALSE(HeadersOfLetter(0).contains("headrace-first-try")) << "nobody left knows it";
}

// A replay sends an item under the header of its letter. An episode that stands there says that
// the item comes out of an archive.
TEST_F(SettlementTest, NamesTheEpisodeOfAnUpstreamItemBesideItsHeader) {
  WorkItem item = Item("a", 0);
  item.upstream = true;
  item.write.episode = Uuid::Random();
  const std::string episode = item.write.episode.ToString();
  Add(std::move(item));
  CompletedChunk chunk = Take();
  chunk.result.failures = {{0, "bad", "it is bad", false}};
  Settle(std::move(chunk));
  Outcomes();
  EXPECT_FALSE(ParseItemIdHeader(HeadersOfLetter(0).at("headrace-item-id"))->episode);
  EXPECT_EQ(HeadersOfLetter(0).at("headrace-episode"), episode);
}

}  // namespace
}  // namespace headrace::worker
