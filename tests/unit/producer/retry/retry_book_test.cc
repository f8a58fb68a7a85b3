#include "producer/retry/retry_book.h"

#include <gtest/gtest.h>

namespace headrace::retry {
namespace {

BatchFact Retry(const BatchId& batch, std::uint8_t round, std::vector<IndexRange> indexes) {
  BatchFact fact;
  fact.kind = BatchFactKind::kRetryOpened;
  fact.batch = batch;
  fact.project = "p";
  fact.round = round;
  fact.item_count = CountOf(indexes);
  fact.indexes = std::move(indexes);
  return fact;
}

Status Take(RetryBook& book, const BatchFact& fact) {
  const std::string key = BatchFactKey(fact), value = EncodeBatchFact(fact);
  return book.Take({.key = key, .value = value});
}

TEST(RetryBook, FindsTheHighestRoundAboveThatNamesTheItem) {
  RetryBook book;
  const BatchId batch = BatchId::Random();
  ASSERT_TRUE(Take(book, Retry(batch, 1, {{2, 4}, {8, 8}})).ok());
  ASSERT_TRUE(Take(book, Retry(batch, 2, {{4, 4}})).ok());
  EXPECT_EQ(book.FindNewer(batch, 4, 0)->round, 2);
  EXPECT_EQ(book.FindNewer(batch, 8, 0)->round, 1);
  for (const std::uint32_t index : {0u, 1u, 5u, 7u, 9u}) {
    EXPECT_EQ(book.FindNewer(batch, index, 0), nullptr) << index;
  }
  EXPECT_EQ(book.FindNewer(batch, 4, 2), nullptr);
  EXPECT_EQ(book.FindNewer(BatchId::Random(), 4, 0), nullptr);
}

TEST(RetryBook, SecondRecordOfAFactSaysWhetherItWasDispatched) {
  RetryBook book;
  BatchFact retry = Retry(BatchId::Random(), 1, {{0, 9}});
  ASSERT_TRUE(Take(book, retry).ok());
  EXPECT_FALSE(IsDispatched(*book.FindNewer(retry.batch, 3, 0)));
  retry.dispatched = retry.item_count;
  ASSERT_TRUE(Take(book, retry).ok());
  EXPECT_TRUE(IsDispatched(*book.FindNewer(retry.batch, 3, 0)));
}

TEST(RetryBook, PassesOverOtherFactsAndRefusesWhatItCannotRead) {
  RetryBook book;
  const std::string batch = BatchId::Random().ToString();
  EXPECT_TRUE(book.Take({.key = "batch/" + batch + "/opened", .value = "\x7f{}"}).ok());
  EXPECT_TRUE(book.Take({.key = "user/retry/x", .value = "?"}).ok());
  const std::string key = "batch/" + batch + "/retry/1/0";
  EXPECT_FALSE(book.Take({.key = key, .value = "\x7f{}"}).ok());
}

}  // namespace
}  // namespace headrace::retry
