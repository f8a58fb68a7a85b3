#include "worker/outcome_reporter.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

class OutcomeReporterTest : public testing::Test {
 protected:
  OutcomeReporterTest() : log_(clock_) {
    log_.CreateTopic("outcomes", 1);
    log_.CreateTopic("letters", 1);
    producer_ = log_.OpenProducer();
    reporter_ = std::make_unique<OutcomeReporter>(*producer_,
                                                  ReporterSettings{.outcomes_topic = "outcomes",
                                                                   .dead_letters_topic = "letters",
                                                                   .record_items_max = 4,
                                                                   .delay_max = milliseconds(5)});
  }

  FinishedItem Item(std::uint32_t index, ItemState state = ItemState::kSucceeded,
                    std::uint8_t round = 0) {
    FinishedItem item{.ref = {batch_, index, round},
                      .project = "default",
                      .state = state,
                      .source = {0, 0},
                      .offset = index};
    if (state == ItemState::kFailed) item.error = ItemError{"bad", "it was bad", 2};
    return item;
  }
  void Report(FinishedItem item) {
    ASSERT_TRUE(reporter_->Report(std::move(item), clock_.Now()).ok());
  }
  std::vector<DoneItem> Pump(bool flush = false) {
    std::vector<DoneItem> done;
    EXPECT_TRUE(reporter_->Pump(clock_.Now(), flush, done).ok());
    return done;
  }
  std::vector<OutcomeRecord> Records() {
    std::vector<OutcomeRecord> records;
    for (const auto& stored : log_.Records("outcomes")) {
      EXPECT_EQ(stored.key, batch_.ToString());
      records.push_back(*DecodeOutcomeRecord(stored.value));
    }
    return records;
  }

  const BatchId batch_ = BatchId::Random();
  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_;
  std::unique_ptr<EventProducer> producer_;
  std::unique_ptr<OutcomeReporter> reporter_;
};

TEST_F(OutcomeReporterTest, PacksNeighboursIntoRanges) {
  for (const std::uint32_t index : {7u, 3u, 4u, 4u}) Report(Item(index));
  EXPECT_EQ(Pump(true).size(), 4u) << "an item that was reported twice is done twice";
  ASSERT_EQ(Records().size(), 1u);
  EXPECT_EQ(Records()[0].succeeded, (std::vector<IndexRange>{{3, 4}, {7, 7}}));
}

TEST_F(OutcomeReporterTest, KeepsStatesAndRoundsApart) {
  Report(Item(0));
  Report(Item(1, ItemState::kSkipped));
  Report(Item(2, ItemState::kCanceled));
  Report(Item(3, ItemState::kSucceeded, 1));
  Pump(true);
  const auto records = Records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].skipped, (std::vector<IndexRange>{{1, 1}}));
  EXPECT_EQ(records[0].canceled, (std::vector<IndexRange>{{2, 2}}));
  EXPECT_EQ(records[1].round, 1);
}

TEST_F(OutcomeReporterTest, SendsAFullRecordAtOnceAndAnOldOneWhenItIsDue) {
  for (std::uint32_t i = 0; i < 4; ++i) Report(Item(i));
  Pump();
  EXPECT_EQ(Records().size(), 1u) << "no time has passed";
  Report(Item(9));
  Pump();
  EXPECT_EQ(Records().size(), 1u) << "it waits for company";
  clock_.Advance(milliseconds(5));
  Pump();
  EXPECT_EQ(Records().size(), 2u);
}

TEST_F(OutcomeReporterTest, IsDoneOnlyWhenAcknowledged) {
  log_.SetReachable(false);
  Report(Item(0));
  EXPECT_TRUE(Pump(true).empty());
  EXPECT_FALSE(reporter_->idle());
  log_.SetReachable(true);
  const auto done = Pump(true);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].offset, 0);
  EXPECT_TRUE(reporter_->idle());
}

TEST_F(OutcomeReporterTest, FailsForGoodWithItsProducer) {
  log_.FailDeliveries("outcomes", 1, Permanent("refused"));
  Report(Item(0));
  std::vector<DoneItem> done;
  EXPECT_FALSE(reporter_->Pump(clock_.Now(), true, done).ok());
  EXPECT_TRUE(done.empty());
}

TEST_F(OutcomeReporterTest, ReportsAFailedItemAfterItsDeadLetter) {
  log_.SetReachable(false);
  const DeadLetter letter{.key = "default/g/a",
                          .value = "{}",
                          .project = "default",
                          .error = {"bad", "it was bad", 2},
                          .origin_topic = "items"};
  ASSERT_TRUE(reporter_->ReportFailed(Item(5, ItemState::kFailed), letter).ok());
  Pump(true);
  EXPECT_TRUE(log_.Records("outcomes").empty());
  log_.SetReachable(true);
  Pump(true);
  Pump(true);
  EXPECT_EQ(log_.Records("letters").size(), 1u);
  ASSERT_EQ(Records().size(), 1u);
  ASSERT_EQ(Records()[0].failed.size(), 1u);
  EXPECT_EQ(Records()[0].failed[0].error.attempts, 2u);
}

}  // namespace
}  // namespace headrace::worker
