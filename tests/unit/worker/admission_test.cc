#include "worker/admission.h"

#include <gtest/gtest.h>

#include "common/model/refusal_codes.h"
#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest()
      : directory_(world_.log.OpenConsumer({kJournal}, "", nullptr)),
        admission_({.topic = kItems, .cluster_id = "cluster", .limits = {}}, directory_) {}

  Verdict Judge(std::string_view key, std::string_view value, std::vector<Header> headers = {},
                std::int64_t offset = 7) {
    headers_ = std::move(headers);
    return admission_.Judge({.source = {0, 1},
                             .offset = offset,
                             .append_time = world_.clock.WallNow(),
                             .key = key,
                             .value = value,
                             .headers = headers_},
                            world_.clock.WallNow());
  }

  WorkerWorld world_;
  accounting::BatchDirectory directory_;
  Admission admission_;
  std::vector<Header> headers_;
};

const std::string kEpisode = WorkerWorld::Episode("a", "hello");

TEST_F(AdmissionTest, ReadsATrackedItemFromItsHeader) {
  const BatchId batch = world_.OpenBatch(10);
  const std::string id = batch.ItemUuid(3).ToString() + ";r=2;a=1700000000000;d=4;f=skip";
  const Verdict verdict = Judge("default/g/a", kEpisode, {{kItemIdHeader, id}});
  ASSERT_EQ(verdict.kind, Verdict::Kind::kAdmitted);
  const WriteItem& write = verdict.item.write;
  EXPECT_EQ(write.ref, (ItemRef{batch, 3, 2}));
  EXPECT_EQ(write.episode, batch.ItemUuid(3));
  EXPECT_EQ(*write.graph, (GraphKey{"default", GraphKind::kGraph, "a"}));
  EXPECT_EQ(write.accepted_at, Timestamp(std::chrono::milliseconds(1700000000000)));
  EXPECT_EQ(write.incarnation, 4u);
  EXPECT_TRUE(write.skip);
  EXPECT_EQ(write.payload, kEpisode);
  EXPECT_FALSE(verdict.item.upstream);
}

TEST_F(AdmissionTest, RefusesWhatCannotBeTrusted) {
  const BatchId batch = world_.OpenBatch(10);
  const BatchId foreign = world_.OpenBatch(10, "other");
  const std::string known = batch.ItemUuid(3).ToString();
  const std::string beyond = batch.ItemUuid(10).ToString();
  const std::string others = foreign.ItemUuid(0).ToString();
  const std::string unknown = BatchId::Random().ItemUuid(0).ToString();
  const std::string huge(901 * 1024, ' ');
  struct Case {
    const char* name;
    std::string_view key, value;
    std::vector<Header> headers;
    std::string_view code;
  };
  const Case cases[] = {
      {"no key", "", kEpisode, {}, codes::kInvalidKey},
      {"a name that is no key", "customer-17", kEpisode, {}, codes::kInvalidKey},
      {"no project", "/g/a", kEpisode, {}, codes::kInvalidKey},
      {"no graph kind", "default/x/a", kEpisode, {}, codes::kInvalidKey},
      {"bad header", "default/g/a", kEpisode, {{kItemIdHeader, "7"}}, codes::kInvalidHeader},
      {"unknown batch", "default/g/a", kEpisode, {{kItemIdHeader, unknown}}, codes::kUnknownBatch},
      {"another project's batch",
       "default/g/a",
       kEpisode,
       {{kItemIdHeader, others}},
       codes::kForeignBatch},
      {"beyond the batch",
       "default/g/a",
       kEpisode,
       {{kItemIdHeader, beyond}},
       codes::kIndexOutOfRange},
      {"too large", "default/g/a", huge, {{kItemIdHeader, known}}, codes::kTooLarge},
      {"not JSON", "default/g/a", "hello", {}, codes::kInvalidJson},
      {"breaks a rule",
       "default/g/a",
       R"({"type":"graph_episode","graph_id":"a"})",
       {},
       codes::kMissingField},
      {"another graph", "default/g/b", kEpisode, {}, codes::kKeyMismatch},
      {"a user's graph", "default/u/a", kEpisode, {}, codes::kKeyMismatch},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Verdict verdict = Judge(c.key, c.value, c.headers);
    ASSERT_EQ(verdict.kind, Verdict::Kind::kRefused);
    EXPECT_EQ(verdict.refusal->code, c.code);
    EXPECT_FALSE(verdict.refusal->message.empty());
    EXPECT_TRUE(verdict.item.upstream) << "it counts under the project's upstream records";
    EXPECT_EQ(verdict.item.write.ref, UpstreamItemRef("cluster", kItems, 1, 7, "default"));
  }
}

TEST_F(AdmissionTest, IdentifiesAnUpstreamRecordByItsKeyOrElseByItsPlace) {
  const Verdict first = Judge("default/g/a", kEpisode, {{kItemKeyHeader, "order-1"}}, 7);
  const Verdict again = Judge("default/g/a", kEpisode, {{kItemKeyHeader, "order-1"}}, 8);
  const Verdict other = Judge("default/g/a", kEpisode, {{kItemKeyHeader, "order-2"}}, 9);
  ASSERT_EQ(first.kind, Verdict::Kind::kAdmitted);
  EXPECT_EQ(first.item.write.episode, again.item.write.episode);
  EXPECT_NE(first.item.write.episode, other.item.write.episode);
  EXPECT_NE(first.item.write.ref, again.item.write.ref) << "each record is accounted";

  const Verdict placed = Judge("default/g/a", kEpisode, {}, 7);
  EXPECT_EQ(placed.item.write.episode, Judge("default/g/a", kEpisode, {}, 7).item.write.episode);
  EXPECT_NE(placed.item.write.episode, Judge("default/g/a", kEpisode, {}, 8).item.write.episode);
}

TEST_F(AdmissionTest, TakesTheUserOfAnUpstreamMessageFromItsKey) {
  const std::string message =
      R"({"type":"thread_message","thread_id":"t","role":"user","content":"hi"})";
  EXPECT_EQ(Judge("default/u/ann", message).kind, Verdict::Kind::kAdmitted);
  EXPECT_EQ(Judge("default/g/ann", message).kind, Verdict::Kind::kRefused);
}

TEST_F(AdmissionTest, DoesNotDecideWhileTheJournalCannotBeRead) {
  const std::string id = BatchId::Random().ItemUuid(0).ToString();
  world_.log.SetReachable(false);
  EXPECT_EQ(Judge("default/g/a", kEpisode, {{kItemIdHeader, id}}).kind, Verdict::Kind::kUndecided);
  world_.log.SetReachable(true);
  EXPECT_EQ(Judge("default/g/a", kEpisode, {{kItemIdHeader, id}}).kind, Verdict::Kind::kRefused);
}

TEST_F(AdmissionTest, LearnsOfABatchThatWasOpenedAMomentAgo) {
  const BatchId batch = world_.OpenBatch();
  const std::string id = batch.ItemUuid(500).ToString();
  EXPECT_EQ(Judge("default/g/a", kEpisode, {{kItemIdHeader, id}}).kind, Verdict::Kind::kAdmitted);
}

TEST_F(AdmissionTest, TakesAnUpstreamItemAgainUnderItsIdAndEpisode) {
  const ItemRef ref = UpstreamItemRef("cluster", kItems, 1, 7, "default");
  const Uuid episode = Uuid::Random();
  const ItemIdHeader id{.ref = {ref.batch, ref.index, 1}, .episode = episode};
  const std::string text = EncodeItemIdHeader(id);
  EXPECT_EQ(Judge("default/g/a", kEpisode, {{kItemIdHeader, text}}).refusal->code,
            codes::kUnknownBatch)
      << "nobody opened a round for it";

  const BatchFact retry{.kind = BatchFactKind::kRetryOpened,
                        .batch = ref.batch,
                        .project = "default",
                        .at = world_.clock.WallNow(),
                        .item_count = 1,
                        .round = 1,
                        .upstream = true,
                        .indexes = {{ref.index, ref.index}}};
  world_.log.Append(kJournal, 0, BatchFactKey(retry), EncodeBatchFact(retry));
  const Verdict verdict = Judge("default/g/a", kEpisode, {{kItemIdHeader, text}}, 900);
  ASSERT_EQ(verdict.kind, Verdict::Kind::kAdmitted);
  EXPECT_EQ(verdict.item.write.ref, id.ref);
  EXPECT_EQ(verdict.item.write.episode, episode);
  EXPECT_TRUE(verdict.item.upstream);

  const Verdict broken = Judge("default/g/b", kEpisode, {{kItemIdHeader, text}}, 901);
  ASSERT_EQ(broken.kind, Verdict::Kind::kRefused);
  EXPECT_EQ(broken.refusal->code, codes::kKeyMismatch);
  EXPECT_EQ(broken.item.write.ref, id.ref) << "its place is known and stays";
}

TEST_F(AdmissionTest, LetsNobodyNameTheEpisodeOfAnOpenedBatch) {
  const BatchId batch = world_.OpenBatch(10);
  const ItemIdHeader id{.ref = {batch, 3, 1}, .episode = Uuid::Random()};
  const std::string text = EncodeItemIdHeader(id);
  const Verdict verdict = Judge("default/g/a", kEpisode, {{kItemIdHeader, text}});
  EXPECT_EQ(verdict.item.write.episode, batch.ItemUuid(3));
  EXPECT_FALSE(verdict.item.upstream);
}

TEST_F(AdmissionTest, TakesTheWordOfAnArchiveForItsEpisodes) {
  const BatchFact opened{.kind = BatchFactKind::kOpened,
                         .batch = BatchId::Random(),
                         .project = "default",
                         .at = world_.clock.WallNow(),
                         .archived = true};
  world_.log.Append(kJournal, 0, BatchFactKey(opened), EncodeBatchFact(opened));
  ItemIdHeader id{.ref = {opened.batch, 3, 0}, .episode = Uuid::Random()};
  const Verdict named = Judge("default/g/a", kEpisode, {{kItemIdHeader, EncodeItemIdHeader(id)}});
  EXPECT_EQ(named.kind, Verdict::Kind::kAdmitted);
  EXPECT_EQ(named.item.write.episode, *id.episode);
  EXPECT_EQ(named.item.write.ref, id.ref);
  EXPECT_FALSE(named.item.upstream);
  id.episode.reset();
  const Verdict unnamed = Judge("default/g/a", kEpisode, {{kItemIdHeader, EncodeItemIdHeader(id)}});
  EXPECT_EQ(unnamed.item.write.episode, opened.batch.ItemUuid(3));
}

}  // namespace
}  // namespace headrace::worker
