#include "common/accounting/batch_directory.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::accounting {
namespace {

using std::chrono::milliseconds;

class BatchDirectoryTest : public testing::Test {
 protected:
  BatchDirectoryTest() {
    log_.CreateTopic("journal", 3);
    directory_ = std::make_unique<BatchDirectory>(log_.OpenConsumer({"journal"}, "", nullptr));
  }

  BatchId Open(std::optional<std::uint64_t> index_end, int partition = 0) {
    const BatchId batch = BatchId::Random();
    Add(BatchFactKind::kOpened, batch, index_end, partition);
    return batch;
  }

  void Add(BatchFactKind kind, const BatchId& batch, std::optional<std::uint64_t> index_end,
           int partition = 0) {
    BatchFact fact;
    fact.kind = kind;
    fact.batch = batch;
    fact.project = "p";
    fact.at = clock_.WallNow();
    fact.item_count = index_end;
    fact.index_end = index_end;
    log_.Append("journal", partition, BatchFactKey(fact), EncodeBatchFact(fact));
  }

  // As happens whenever a batch is asked about that is not known yet.
  void ReadToTheEnd() {
    EXPECT_EQ(directory_->Find(BatchId::Random(), milliseconds(0)).error().code,
              ErrorCode::kNotFound);
  }

  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_{clock_};
  std::unique_ptr<BatchDirectory> directory_;
};

TEST_F(BatchDirectoryTest, FindsABatchThatWasOpenedBeforeTheCall) {
  ReadToTheEnd();
  for (int i = 0; i < 3'000; ++i) Open(7, i % 3);
  const BatchId batch = Open(20, 2);
  const auto found = directory_->Find(batch, milliseconds(0));
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->project, "p");
  EXPECT_EQ(found->index_end, 20U);
}

TEST_F(BatchDirectoryTest, SaysNotFoundOnlyAfterReadingToTheEnd) {
  for (int i = 0; i < 2'500; ++i) Open(7, i % 3);
  ReadToTheEnd();
}

TEST_F(BatchDirectoryTest, CannotTellWhileTheJournalIsAway) {
  const BatchId batch = Open(1);
  log_.SetReachable(false);
  EXPECT_EQ(directory_->Find(batch, milliseconds(0)).error().code, ErrorCode::kTransient);
  log_.SetReachable(true);
  EXPECT_TRUE(directory_->Find(batch, milliseconds(0)).ok());
  log_.SetReachable(false);
  EXPECT_TRUE(directory_->Find(batch, milliseconds(0)).ok()) << "what is known needs no journal";
}

TEST_F(BatchDirectoryTest, CannotTellWhenTheEndIsNotReachedInTime) {
  const BatchId batch = Open(1);
  log_.Erase("journal", 0, 0, 0);  // the end offset says one record, but none arrives
  EXPECT_EQ(directory_->Find(batch, milliseconds(0)).error().code, ErrorCode::kTransient);
}

TEST_F(BatchDirectoryTest, SealedBatchTellsItsFinalSize) {
  const BatchId batch = Open(std::nullopt);
  EXPECT_FALSE(directory_->Find(batch, milliseconds(0))->index_end.has_value());
  Add(BatchFactKind::kSealed, batch, 12);
  ReadToTheEnd();
  EXPECT_EQ(directory_->Find(batch, milliseconds(0))->index_end, 12U);
}

TEST_F(BatchDirectoryTest, KnowsAnImplicitBatchByItsRetry) {
  BatchFact retry{.kind = BatchFactKind::kRetryOpened,
                  .batch = BatchId::Random(),
                  .project = "p",
                  .at = clock_.WallNow(),
                  .item_count = 1,
                  .round = 1,
                  .upstream = true,
                  .indexes = {{40'000, 40'000}}};
  log_.Append("journal", 0, BatchFactKey(retry), EncodeBatchFact(retry));
  const auto found = directory_->Find(retry.batch, milliseconds(0));
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->upstream);
  EXPECT_EQ(found->project, "p");
  EXPECT_FALSE(found->index_end.has_value());

  const BatchId opened = Open(20);
  retry.batch = opened;
  retry.upstream = false;
  retry.indexes = {{3, 3}};
  log_.Append("journal", 1, BatchFactKey(retry), EncodeBatchFact(retry));
  ReadToTheEnd();
  EXPECT_FALSE(directory_->Find(opened, milliseconds(0))->upstream);
  EXPECT_EQ(directory_->Find(opened, milliseconds(0))->index_end, 20U);
}

// Facts of a batch lie in several partitions and come in any order.
TEST_F(BatchDirectoryTest, AnyFactTellsThatItemsComeOutOfAnArchive) {
  BatchFact fact{.kind = BatchFactKind::kDispatched,
                 .batch = BatchId::Random(),
                 .project = "p",
                 .at = clock_.WallNow(),
                 .dispatched = 1,
                 .archived = true};
  log_.Append("journal", 0, BatchFactKey(fact), EncodeBatchFact(fact));
  ReadToTheEnd();
  EXPECT_TRUE(directory_->Known(fact.batch)->archived);
  EXPECT_FALSE(directory_->Find(Open(2), milliseconds(0))->archived);
}

TEST_F(BatchDirectoryTest, UnknownVersionMeansThatAbsenceProvesNothing) {
  const BatchId known = Open(1);
  log_.Append("journal", 0, "batch/" + BatchId::Random().ToString() + "/opened", "\x7f{}");
  EXPECT_EQ(directory_->Find(BatchId::Random(), milliseconds(0)).error().code,
            ErrorCode::kPermanent);
  EXPECT_EQ(directory_->Find(BatchId::Random(), milliseconds(0)).error().code,
            ErrorCode::kPermanent);
  EXPECT_TRUE(directory_->Find(known, milliseconds(0)).ok());
}

TEST_F(BatchDirectoryTest, ForeignRecordsAndOtherKindsSayNothing) {
  log_.Append("journal", 0, "graph/kb/created", "\x01{}");
  log_.Append("journal", 0, "batch/x/opened", "garbage");
  const BatchId batch = Open(1);
  EXPECT_TRUE(directory_->Find(batch, milliseconds(0)).ok());
}

}  // namespace
}  // namespace headrace::accounting
