// The projector over a real server that is emptied, killed and set back.
#include <random>

#include "common/accounting/projection.h"
#include "common/redis/redis_keys.h"
#include "common/redis/redis_outcome_store.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

class Unheard final : public accounting::ProjectorObserver {
 public:
  void OnOutcomeStoreReachable(bool) override {}
  void OnApplied(std::size_t) override {}
  void OnViewComplete(bool) override {}
  void OnRebuild(const std::string&, std::int32_t, accounting::Lost) override {}
  void OnForeignRecord(const std::string&, std::int32_t) override {}
  void OnUnknownVersion(const std::string&, std::int32_t) override {}
};

class Rebuild : public RedisTest {
 protected:
  using Snapshot = std::map<std::string, std::map<std::string, std::string>>;

  void SetUp() override {
    RedisTest::SetUp();
    log_.CreateTopic("outcomes", 2);
    log_.CreateTopic("journal", 1);
    auto store = OpenRedisOutcomeStore(settings_);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
    accounting::ProjectorSettings settings;
    settings.outcomes_topic = "outcomes";
    settings.journal_topic = "journal";
    projection_ = std::make_unique<accounting::Projection>(settings, *store_, clock_, observer_);
    const Status opened = projection_->Open([&](AssignmentListener& listener) {
      return Result(log_.OpenConsumer({"outcomes", "journal"}, "g", &listener));
    });
    ASSERT_TRUE(opened.ok());
  }

  void Write(const BatchId& batch, std::uint32_t items) {
    AddFact(BatchFactKind::kOpened, batch, items);
    for (std::uint32_t start = 0; start < items; start += 10) {
      OutcomeRecord record;
      record.batch = batch;
      record.project = "p";
      record.succeeded = {{start, std::min(start + 8, items - 1)}};
      if (start + 9 < items) record.failed = {{start + 9, {"refused", "No.", 1}}};
      log_.Append("outcomes", static_cast<int>(batch.uuid().bytes()[0] % 2), batch.ToString(),
                  EncodeOutcomeRecord(record));
    }
    AddFact(BatchFactKind::kSealed, batch, items);
  }

  void AddFact(BatchFactKind kind, const BatchId& batch, std::uint64_t count) {
    BatchFact fact;
    fact.kind = kind;
    fact.batch = batch;
    fact.project = "p";
    fact.at = clock_.WallNow();
    fact.item_count = count;
    fact.index_end = count;
    log_.Append("journal", 0, BatchFactKey(fact), EncodeBatchFact(fact));
  }

  void Run() {
    for (int i = 0; i < 8; ++i) {
      clock_.Advance(std::chrono::seconds(4));
      projection_->Step(std::chrono::milliseconds(0));
    }
  }

  Snapshot Look() {
    Snapshot snapshot;
    for (const Reply& key : Ask({"KEYS", "*"}).items) {
      const bool hash = Ask({"TYPE", key.text}).text == "hash";
      if (hash) snapshot[key.text] = Hash(key.text);
    }
    return snapshot;
  }

  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_{clock_};
  Unheard observer_;
  std::unique_ptr<OutcomeStore> store_;
  std::unique_ptr<accounting::Projection> projection_;
};

TEST_P(Rebuild, FlushedServerShowsTheSameAgain) {
  for (int i = 0; i < 20; ++i) Write(BatchId::Random(), 95);
  Run();
  const Snapshot before = Look();
  ASSERT_EQ(before.size(), 20U * 3 + 1);
  Ask({"FLUSHALL"});
  Run();
  EXPECT_EQ(Look(), before);
}

TEST_P(Rebuild, ServerThatRestartsEmptyIsFilledAgain) {
  Write(BatchId::Random(), 50);
  Run();
  const Snapshot before = Look();
  const int port = server_->port();
  server_->Kill();
  Run();
  Launch({}, "", port);
  raw_ = Connect();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (Look() != before && std::chrono::steady_clock::now() < deadline) Run();
  EXPECT_EQ(Look(), before);
}

TEST_P(Rebuild, FlushesAtAnyMomentEndInTheSameView) {
  std::mt19937 random(11);
  std::vector<BatchId> batches(10);
  for (BatchId& batch : batches) {
    batch = BatchId::Random();
    Write(batch, 45);
    if (random() % 2 == 0) Ask({"FLUSHALL"});
    clock_.Advance(std::chrono::seconds(random() % 3));
    projection_->Step(std::chrono::milliseconds(0));
  }
  Run();
  for (const BatchId& batch : batches) {
    auto fields = Hash(BatchKeys("hr:", batch).batch);
    EXPECT_EQ(fields["status"], "partial");
    EXPECT_EQ(fields["succeeded"], "41");
    EXPECT_EQ(fields["failed"], "4");
  }
}

HEADRACE_ON_EVERY_SERVER(Rebuild);

}  // namespace
}  // namespace headrace::redis
