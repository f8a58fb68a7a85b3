#include "worker/outcome_reader.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/fakes/memory_outcome_store.h"

namespace headrace::worker {
namespace {

using std::chrono::seconds;

class OutcomeReaderTest : public testing::Test {
 protected:
  OutcomeReaderTest() : log_(clock_), wakeup_(std::move(*Wakeup::Open())) {
    log_.CreateTopic("outcomes", 1);
    auto store = std::make_unique<fakes::MemoryOutcomeStore>();
    store_ = store.get();
    reader_ = std::make_unique<OutcomeReader>(
        OutcomeReader::Ports{std::move(store), log_.OpenConsumer({"outcomes"}, "", nullptr),
                             wakeup_},
        "outcomes", 100);
    EXPECT_TRUE(reader_->Start().ok());
  }
  ~OutcomeReaderTest() override { reader_->Stop(); }

  // An outcome in the log, projected or not.
  void Report(OutcomeRecord record, bool projected) {
    const std::int64_t offset =
        log_.Append("outcomes", 0, record.batch.ToString(), EncodeOutcomeRecord(record));
    if (projected) Project(std::move(record), offset);
  }
  void Project(OutcomeRecord record, std::int64_t offset) {
    const PlacedOutcome placed{std::move(record), 0, offset, clock_.WallNow()};
    EXPECT_TRUE(store_->ApplyOutcomes({&placed, 1}).ok());
    const auto mark = store_->ReadMark("outcomes", 0);
    EXPECT_TRUE(*store_->AdvanceMark({"outcomes", 0, offset + 1}, *mark));
  }

  std::map<std::uint32_t, bool> Collect(std::size_t count) {
    std::vector<ItemOutcome> answers;
    const auto deadline = std::chrono::steady_clock::now() + seconds(20);
    while (answers.size() < count && std::chrono::steady_clock::now() < deadline) {
      wakeup_.Wait(std::chrono::milliseconds(20));
      reader_->Collect(answers);
    }
    std::map<std::uint32_t, bool> by_index;
    for (const ItemOutcome& answer : answers) by_index[answer.ref.index] = answer.ended;
    return by_index;
  }

  const BatchId batch_ = BatchId::Random();
  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_;
  Wakeup wakeup_;
  fakes::MemoryOutcomeStore* store_ = nullptr;
  std::unique_ptr<OutcomeReader> reader_;
};

TEST_F(OutcomeReaderTest, KnowsWhichItemsHaveEndedInTheirRound) {
  Report({.batch = batch_,
          .project = "default",
          .succeeded = {{0, 1}, {100'000, 100'000}},
          .failed = {{5, {"bad", "it was bad", 1}}}},
         true);
  reader_->Ask({{batch_, 0, 0},
                {batch_, 1, 1},
                {batch_, 5, 0},
                {batch_, 6, 0},
                {batch_, 100'000, 0},
                {batch_, 100'001, 0}});
  EXPECT_EQ(Collect(6), (std::map<std::uint32_t, bool>{{0, true},
                                                       {1, false},  // a newer round is open
                                                       {5, true},
                                                       {6, false},
                                                       {100'000, true},
                                                       {100'001, false}}));
}

TEST_F(OutcomeReaderTest, WaitsForTheProjectorToPassWhatWasReported) {
  OutcomeRecord record{.batch = batch_, .project = "default", .succeeded = {{7, 7}}};
  Report(record, false);
  reader_->Ask({{batch_, 7, 0}});
  std::vector<ItemOutcome> answers;
  wakeup_.Wait(std::chrono::milliseconds(200));
  reader_->Collect(answers);
  EXPECT_TRUE(answers.empty()) << "the store does not know the outcome yet";
  Project(std::move(record), 0);
  EXPECT_EQ(Collect(1), (std::map<std::uint32_t, bool>{{7, true}}));
}

TEST_F(OutcomeReaderTest, WaitsWhileTheStoreIsAway) {
  store_->SetReachable(false);
  reader_->Ask({{batch_, 7, 0}});
  std::vector<ItemOutcome> answers;
  wakeup_.Wait(std::chrono::milliseconds(200));
  reader_->Collect(answers);
  EXPECT_TRUE(answers.empty());
  store_->SetReachable(true);
  EXPECT_EQ(Collect(1), (std::map<std::uint32_t, bool>{{7, false}}));
}

TEST_F(OutcomeReaderTest, StopsWhileQuestionsWait) {
  store_->SetReachable(false);
  reader_->Ask({{batch_, 7, 0}});
  reader_->Stop();
  reader_->Stop();
}

}  // namespace
}  // namespace headrace::worker
