#include "common/model/batch_fact.h"

#include <gtest/gtest.h>

#include "tests/unit/common/model/mutations.h"

namespace headrace {
namespace {

BatchFact Sealed() {
  return {.kind = BatchFactKind::kSealed,
          .batch = *BatchId::Parse("01234567-89ab-4def-8123-456700000000"),
          .project = "default",
          .at = Timestamp(std::chrono::microseconds(1'700'000'000'000'001)),
          .item_count = 10,
          .index_end = 12,
          .rejected = 2,
          .source_sha256 = "ab12",
          .metadata = R"({"run": "é"})"};
}

TEST(BatchFact, KeyNamesBatchAndFact) {
  BatchFact fact = Sealed();
  EXPECT_EQ(BatchFactKey(fact), "batch/01234567-89ab-4def-8123-456700000000/sealed");
  fact.kind = BatchFactKind::kOpened;
  EXPECT_EQ(BatchFactKey(fact), "batch/01234567-89ab-4def-8123-456700000000/opened");
  fact.kind = BatchFactKind::kDispatched;
  EXPECT_EQ(BatchFactKey(fact), "batch/01234567-89ab-4def-8123-456700000000/dispatched");
}

TEST(BatchFact, ReadsBackWhatItWrote) {
  const BatchFact fact = Sealed();
  const auto decoded = DecodeBatchFact(BatchFactKey(fact), EncodeBatchFact(fact));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->kind, BatchFactKind::kSealed);
  EXPECT_EQ(decoded->batch, fact.batch);
  EXPECT_EQ(decoded->project, fact.project);
  EXPECT_EQ(decoded->at, fact.at);
  EXPECT_EQ(decoded->item_count, 10u);
  EXPECT_EQ(decoded->index_end, 12u);
  EXPECT_EQ(decoded->rejected, 2u);
  EXPECT_FALSE(decoded->dispatched.has_value());
  EXPECT_EQ(decoded->source_sha256, fact.source_sha256);
  EXPECT_EQ(decoded->metadata, fact.metadata);
}

TEST(BatchFact, EveryKindMaySayThatItsItemsComeOutOfAnArchive) {
  for (const bool archived : {false, true}) {
    BatchFact fact = Sealed();
    fact.archived = archived;
    fact.dispatched = 1;
    for (const BatchFactKind kind :
         {BatchFactKind::kOpened, BatchFactKind::kDispatched, BatchFactKind::kSealed}) {
      fact.kind = kind;
      const auto decoded = DecodeBatchFact(BatchFactKey(fact), EncodeBatchFact(fact));
      ASSERT_TRUE(decoded.ok()) << decoded.error().message;
      EXPECT_EQ(decoded->archived, archived);
    }
  }
  std::string wrong = EncodeBatchFact(Sealed());
  wrong.insert(wrong.find('{') + 1, R"("archived":1,)");
  EXPECT_FALSE(DecodeBatchFact(BatchFactKey(Sealed()), wrong).ok());
}

BatchFact Retry() {
  return {.kind = BatchFactKind::kRetryOpened,
          .batch = *BatchId::Parse("01234567-89ab-4def-8123-456700000000"),
          .project = "default",
          .at = Timestamp(std::chrono::seconds(1'700'000'000)),
          .item_count = 4,
          .round = 2,
          .upstream = true,
          .archived = true,
          .indexes = {{3, 5}, {9, 9}}};
}

TEST(BatchFact, ReadsBackARetry) {
  BatchFact fact = Retry();
  EXPECT_EQ(BatchFactKey(fact), "batch/01234567-89ab-4def-8123-456700000000/retry/2/3");
  for (const std::optional<std::uint64_t> dispatched : {std::optional<std::uint64_t>(), {4}}) {
    fact.dispatched = dispatched;
    const auto decoded = DecodeBatchFact(BatchFactKey(fact), EncodeBatchFact(fact));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(decoded->kind, BatchFactKind::kRetryOpened);
    EXPECT_EQ(decoded->round, 2);
    EXPECT_TRUE(decoded->upstream);
    EXPECT_TRUE(decoded->archived);
    EXPECT_EQ(decoded->item_count, 4u);
    EXPECT_EQ(decoded->indexes, fact.indexes);
    EXPECT_EQ(decoded->dispatched, dispatched);
  }
}

TEST(BatchFact, RefusesARetryThatContradictsItself) {
  const BatchFact good = Retry();
  const std::string value = EncodeBatchFact(good);
  const std::string start = "batch/" + good.batch.ToString() + "/retry";
  for (const char* key :
       {"", "/", "/2", "/2/", "/2/x", "/0/3", "/32/3", "/2/4", "/2/3/4", "/x/3"}) {
    SCOPED_TRACE(key);
    EXPECT_FALSE(DecodeBatchFact(start + key, value).ok());
  }
  struct Case {
    const char* name;
    std::uint64_t count;
    std::vector<IndexRange> indexes;
  };
  for (const Case& bad :
       {Case{"wrong count", 3, {{3, 5}, {9, 9}}}, Case{"overlap", 4, {{3, 5}, {5, 5}}},
        Case{"backwards", 4, {{3, 5}, {1, 1}}}, Case{"upside down", 1, {{3, 2}}},
        Case{"no such index", 1, {{3, 0xFFFFFFFE}}}}) {
    SCOPED_TRACE(bad.name);
    BatchFact fact = good;
    fact.item_count = bad.count;
    fact.indexes = bad.indexes;
    EXPECT_EQ(DecodeBatchFact(BatchFactKey(fact), EncodeBatchFact(fact)).error().code,
              ErrorCode::kInvalid);
  }
}

TEST(BatchFact, PassesOverKeysOfOtherKinds) {
  const std::string value = EncodeBatchFact(Sealed());
  for (const std::string_view key : {"", "user/default/alice", "batches/x",
                                     "batch/01234567-89ab-4def-8123-456700000000/retried"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(DecodeBatchFact(key, value).error().code, ErrorCode::kNotFound);
  }
}

TEST(BatchFact, RefusesWhatIsNotOne) {
  const std::string key = BatchFactKey(Sealed());
  const std::string value = EncodeBatchFact(Sealed());
  EXPECT_EQ(DecodeBatchFact("batch/x/sealed", value).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(DecodeBatchFact(key.substr(0, 42), value).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(DecodeBatchFact(key, "").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(DecodeBatchFact(key, "\x02{}").error().code, ErrorCode::kPermanent);
  for (
      const std::string_view json :
      {"", "[]", "{}", R"({"project":"p","at":"2024"})",
       R"({"project":"p","at":"2024-06-15T10:30:00Z"})",
       R"({"project":"p","at":"2024-06-15T10:30:00Z","item_count":-1,"index_end":1})",
       R"({"project":"p","at":"2024-06-15T10:30:00Z","item_count":1})",
       R"({"project":"P","at":"2024-06-15T10:30:00Z","item_count":1,"index_end":1})",
       R"({"project":"p","at":"2024-06-15T10:30:00Z","item_count":1,"index_end":1,"metadata":{}})"}) {
    SCOPED_TRACE(json);
    EXPECT_EQ(DecodeBatchFact(key, std::string("\x01").append(json)).error().code,
              ErrorCode::kInvalid);
  }
}

TEST(BatchFact, SurvivesArbitraryBytes) {
  const std::string key = BatchFactKey(Sealed());
  const std::string value = EncodeBatchFact(Sealed());
  ForEachMutation(value, 3000, [&](const std::string& mutated) {
    const auto decoded = DecodeBatchFact(key, mutated);
    if (!decoded.ok()) return;
    ASSERT_TRUE(DecodeBatchFact(key, EncodeBatchFact(*decoded)).ok());
  });
  ForEachMutation(key, 3000, [&](const std::string& mutated) {
    const auto decoded = DecodeBatchFact(mutated, value);
    if (!decoded.ok()) return;
    EXPECT_EQ(decoded->project, "default");
  });
}

}  // namespace
}  // namespace headrace
