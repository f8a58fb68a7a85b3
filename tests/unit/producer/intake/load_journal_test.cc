#include "producer/intake/load_journal.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::intake {
namespace {

constexpr std::chrono::milliseconds kSilence{1'000};

BatchFact FactOf(BatchFactKind kind, const BatchId& batch) {
  BatchFact fact;
  fact.kind = kind;
  fact.batch = batch;
  fact.project = "default";
  fact.at = Timestamp(std::chrono::seconds(1'700'000'000));
  return fact;
}

class LoadJournalTest : public testing::Test {
 protected:
  LoadJournalTest() { log_.CreateTopic("journal", 3); }

  void Append(const BatchFact& fact) {
    const std::string key = BatchFactKey(fact);
    log_.Append("journal", fakes::MemoryEventLog::PartitionOf(key, 3), key, EncodeBatchFact(fact));
  }

  Result<KnownFacts> Find(const BatchId& batch) {
    const auto consumer = log_.OpenConsumer({"journal"}, "", nullptr);
    // The journal is at its end after a few polls; a test that waits for more hangs visibly.
    return FindBatchFacts(*consumer, batch, kSilence, clock_, [this] {
      clock_.Advance(std::chrono::milliseconds(100));
      return false;
    });
  }

  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_{clock_};
  const BatchId batch_ = BatchId::Random();
};

TEST_F(LoadJournalTest, KnowsNothingOfAnEmptyJournal) {
  const Result<KnownFacts> known = Find(batch_);
  ASSERT_TRUE(known.ok());
  EXPECT_FALSE(known->opened);
  EXPECT_FALSE(known->sealed);
}

TEST_F(LoadJournalTest, FindsTheFactsOfOneBatchAmongOthers) {
  BatchFact opened = FactOf(BatchFactKind::kOpened, batch_);
  opened.source_sha256 = "abc";
  Append(opened);
  for (int i = 0; i < 50; ++i) Append(FactOf(BatchFactKind::kOpened, BatchId::Random()));
  BatchFact dispatched = FactOf(BatchFactKind::kDispatched, batch_);
  for (const std::uint64_t count : {5u, 9u, 7u}) {
    dispatched.dispatched = count;
    Append(dispatched);
  }
  log_.Append("journal", 1, "user/u1/created", "another kind of entity");
  const Result<KnownFacts> known = Find(batch_);
  ASSERT_TRUE(known.ok());
  ASSERT_TRUE(known->opened);
  EXPECT_EQ(known->opened->source_sha256, "abc");
  EXPECT_FALSE(known->sealed);
  EXPECT_EQ(known->dispatched, 9u);
}

TEST_F(LoadJournalTest, SaysWhenTheJournalCannotBeReadToItsEnd) {
  Append(FactOf(BatchFactKind::kOpened, batch_));
  const auto consumer = log_.OpenConsumer({"journal"}, "", nullptr);
  int looks = 0;
  const Result<KnownFacts> known = FindBatchFacts(*consumer, batch_, kSilence, clock_, [&] {
    if (++looks == 1) log_.SetReachable(false);
    clock_.Advance(std::chrono::milliseconds(100));
    return false;
  });
  ASSERT_FALSE(known.ok());
  EXPECT_EQ(known.error().code, ErrorCode::kTransient);
}

TEST_F(LoadJournalTest, ReplaysOnlyTheSameInputOfTheSameProject) {
  const ScanTotals totals{
      .accepted = 3, .rejected = 0, .index_end = 3, .bytes = 10, .sha256 = "abc"};
  EXPECT_TRUE(CheckReplay({}, "default", totals).ok()) << "an unknown batch is a new one";
  KnownFacts known;
  known.opened = FactOf(BatchFactKind::kOpened, batch_);
  EXPECT_FALSE(CheckReplay(known, "default", totals).ok()) << "from a pipe, never sealed";
  known.opened->source_sha256 = "abc";
  EXPECT_TRUE(CheckReplay(known, "default", totals).ok());
  EXPECT_FALSE(CheckReplay(known, "other", totals).ok());
  known.sealed = FactOf(BatchFactKind::kSealed, batch_);
  known.sealed->item_count = 2;
  EXPECT_FALSE(CheckReplay(known, "default", totals).ok()) << "other rules, another count";
  known.sealed->item_count = 3;
  EXPECT_TRUE(CheckReplay(known, "default", totals).ok());
  known.opened->source_sha256 = "abd";
  const Status changed = CheckReplay(known, "default", totals);
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().code, ErrorCode::kInvalid);
  EXPECT_NE(changed.error().message.find("the file changed"), std::string::npos);
}

}  // namespace
}  // namespace headrace::intake
