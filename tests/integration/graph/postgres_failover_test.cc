// Servers that change places, and servers that do not answer.
#include <signal.h>

#include "tests/integration/graph/postgres_fixture.h"
#include "tests/support/loopback.h"

namespace headrace::graph {
namespace {

using support::PostgresServer;
using testing::EpisodeItem;
using testing::EpisodeItems;
using testing::GraphNamed;

// From now on a commit is called done when such a standby has it on disk. The shared flag that
// says so is the checkpointer's to set, which looks at its settings before it begins a checkpoint.
void AwaitStandbys(Session& server, const std::string& names) {
  server.Do("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
  server.Do("SELECT pg_reload_conf()");
  server.AwaitThat("current_setting('synchronous_standby_names') = '" + names + "'");
  server.Do("CHECKPOINT");
}

// A primary and a streaming standby of it.
class PostgresFailover : public ::testing::Test {
 protected:
  void SetUp() override {
    OpenStore(primary_->Url("?schema=s"));
    beside_standby_.AwaitThat("to_regclass('s.schema_version') IS NOT NULL");
  }

  void Promote() { beside_standby_.Do("SELECT pg_promote()"); }

  std::vector<WriteItem> Items(std::uint32_t first) const {
    return EpisodeItems(GraphNamed("g"), batch_, first, 3);
  }

  const BatchId batch_ = BatchId::Random();
  const std::unique_ptr<PostgresServer> primary_ = PrivatePostgres();
  const std::unique_ptr<PostgresServer> standby_ = PrivatePostgres("", "", primary_->address());
  const std::string any_ = standby_->Url("?connections=1&schema=s&target_session_attrs=any");
  Session beside_standby_{standby_->Url("?target_session_attrs=any"), "s"};
};

TEST_F(PostgresFailover, AStandbyRefusesEachWriteUntilItIsPromoted) {
  auto primary = OpenStore(primary_->Url("?connections=1&schema=s"));
  ASSERT_FALSE(WriteOnce(*primary, Items(0)).error);
  beside_standby_.AwaitThat("count(*) = 3 FROM {schema}.episode");

  auto refused = OpenGraphStore(standby_->Url("?schema=s"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kTransient) << "a worker waits for the promotion";
  EXPECT_NE(refused.error().message.find("read-only"), std::string::npos)
      << refused.error().message;

  auto store = OpenGraphStore(any_);
  ASSERT_TRUE(store.ok()) << store.error().message;
  std::vector<WriteItem> items = Items(3);
  ExpectError(WriteOnce(**store, items), StoreErrorClass::kTransient, "postgres_read_only");
  const ClaimId claim = (*store)->Claim("p0");
  for (WriteItem& item : items) item.claim = claim;
  ExpectError(WriteOnce(**store, items), StoreErrorClass::kTransient, "postgres_read_only");
  EXPECT_EQ((*store)->Erase(GraphNamed("g"), 1).error().code, ErrorCode::kTransient);
  EXPECT_EQ(CountOf(**store, GraphNamed("g")), 3u) << "reading is what a standby is for";
  Promote();
  EXPECT_FALSE(WriteOnce(**store, items).error);
  EXPECT_EQ(CountOf(**store, GraphNamed("g")), 6u);
}

TEST_F(PostgresFailover, WorkGoesOnWhereTheStandbyWas) {
  Session beside(primary_->Url(), "s");
  AwaitStandbys(beside, "*");
  auto store = OpenStore("postgresql://headrace@" + primary_->address() + "," +
                         standby_->address() + "/headrace?connections=1&schema=s");
  ASSERT_FALSE(WriteOnce(*store, Items(0)).error);
  ASSERT_TRUE(primary_->Kill());
  ExpectError(WriteOnce(*store, Items(3)), StoreErrorClass::kTransient, "postgres_connection");
  const ChunkResult nowhere = WriteOnce(*store, Items(3));
  ExpectError(nowhere, StoreErrorClass::kTransient, "postgres_connection");
  EXPECT_NE(nowhere.error->message.find("refused"), std::string::npos) << nowhere.error->message;
  EXPECT_NE(nowhere.error->message.find("read-only"), std::string::npos) << "says it of each host";
  Promote();
  EXPECT_FALSE(WriteOnce(*store, Items(3)).error);
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 6u) << "what was called done is on both";
}

// As after a failover, when the old primary has come back as the new one's standby.
TEST_F(PostgresFailover, AListOfHostsMayNameTheStandbyFirst) {
  const auto port = [](const PostgresServer& server) {
    return server.address().substr(server.address().find(':') + 1);
  };
  auto store =
      OpenStore("postgresql://headrace@/headrace?host=127.0.0.1,127.0.0.1&port=" + port(*standby_) +
                "," + port(*primary_) + "&target_session_attrs=read-write&connections=1&schema=s");
  ASSERT_FALSE(WriteOnce(*store, Items(0)).error);
  EXPECT_EQ(Session(primary_->Url(), "s").Ask("SELECT count(*) FROM {schema}.episode"), 3);
}

// As a machine that is switched off: it refuses nothing.
TEST(PostgresHosts, OneThatDoesNotAnswerIsPassedOver) {
  const support::LoopbackListener silent;
  const std::string shared = SharedPostgres();
  const std::size_t host = shared.find('@') + 1;
  const std::string schema = UniqueSchema();
  auto store = OpenStore(shared.substr(0, host) + silent.address() + "," + shared.substr(host) +
                         "?connect_timeout=2&connections=1&schema=" + schema);
  ASSERT_NE(store, nullptr);
  EXPECT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 3)).error);
  Session(shared, schema).Do("DROP SCHEMA {schema} CASCADE");
}

TEST(PostgresPrivate, ACommitThatDidNotAwaitItsStandbyIsTriedAgain) {
  auto server = PrivatePostgres();
  auto store = OpenStore(server->Url("?connections=1&schema=s"));
  Session beside(server->Url(), "s");
  AwaitStandbys(beside, "gone");
  const auto items = EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 3);
  testing::CollectingSink sink;
  store->Submit({1, items}, sink);
  const std::string waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  beside.AwaitThat("count(*) = 1 " + waiting);
  beside.Do("SELECT pg_cancel_backend(pid) " + waiting);
  ExpectError(sink.Take(1)[0].result, StoreErrorClass::kTransient, "postgres_canceled");
  beside.Do("ALTER SYSTEM RESET synchronous_standby_names");
  beside.Do("SELECT pg_reload_conf()");
  EXPECT_EQ(WriteAtLast(*store, items).duplicates, 3u) << "it was committed after all";
}

// Else each try would leave a session behind that waits for the standby, until no other gets in.
TEST(PostgresPrivate, ACommitThatIsGivenUpDoesNotWaitForItsStandbyAnyMore) {
  auto server = PrivatePostgres();
  OpenStore(server->Url("?schema=s"));
  auto store = OpenStore(server->Url("?timeout=1s&connections=1&schema=s"));
  Session beside(server->Url(), "s");
  AwaitStandbys(beside, "gone");
  const auto items = EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 3);
  for (int tries = 0; tries < 3; ++tries) {
    ExpectError(WriteOnce(*store, items), StoreErrorClass::kTransient, "postgres_connection");
  }
  beside.AwaitThat("count(*) = 0 FROM pg_stat_activity WHERE wait_event IN ('SyncRep', 'tuple')");
  beside.Do("ALTER SYSTEM RESET synchronous_standby_names");
  beside.Do("SELECT pg_reload_conf()");
  EXPECT_EQ(WriteAtLast(*store, items).duplicates, 3u);
}

TEST(PostgresHosts, OneThatStopsReadingIsGivenUp) {
  const std::string schema = UniqueSchema();
  auto store = OpenStore(SharedPostgres() + "?timeout=2s&connections=1&schema=" + schema);
  const BatchId batch = BatchId::Random();
  ASSERT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, 0, 3)).error);
  Session beside(SharedPostgres(), schema);
  const auto session = static_cast<pid_t>(
      beside.Ask("SELECT max(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                 " AND query LIKE '%{schema}.apply_chunk%'"));
  ASSERT_GT(session, 0);
  ASSERT_EQ(kill(session, SIGSTOP), 0);
  // More than the sockets between take in.
  std::vector<WriteItem> large;
  for (std::uint32_t index = 3; index < 23; ++index) {
    large.push_back(EpisodeItem(GraphNamed("g"), batch, index, std::string(1 << 20, 'x')));
  }
  const auto begun = std::chrono::steady_clock::now();
  ExpectError(WriteOnce(*store, large), StoreErrorClass::kTransient, "postgres_connection");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20))
      << "it was the kernel that gave it up";
  ASSERT_EQ(kill(session, SIGCONT), 0);
  WriteAtLast(*store, large);
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 23u);
  beside.Do("DROP SCHEMA {schema} CASCADE");
}

}  // namespace
}  // namespace headrace::graph
