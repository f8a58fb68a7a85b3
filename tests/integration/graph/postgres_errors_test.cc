// Every class of error, provoked in a real server, and that the store goes on afterwards.
#include "tests/integration/graph/postgres_fixture.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/small_disk.h"

namespace headrace::graph {
namespace {

using support::SmallDisk;
using testing::EpisodeItem;
using testing::EpisodeItems;
using testing::GraphNamed;

// The shared server; for what one session can provoke.
class PostgresErrors : public ::testing::Test {
 protected:
  void SetUp() override { OpenStore(UrlWith("")); }
  void TearDown() override { beside_.Do("DROP SCHEMA {schema} CASCADE"); }

  std::string UrlWith(const std::string& query) const {
    return SharedPostgres() + "?connections=1&schema=" + schema_ + query;
  }
  std::vector<WriteItem> Items(const std::string& graph, std::uint32_t first = 0) const {
    return EpisodeItems(GraphNamed(graph), batch_, first, 2);
  }

  const std::string schema_ = UniqueSchema();
  const BatchId batch_ = BatchId::Random();
  Session beside_{SharedPostgres(), schema_};
};

TEST_F(PostgresErrors, AStatementTimeoutAndALockTimeoutAreTransient) {
  struct Case {
    const char* option;
    const char* code;
  };
  std::uint32_t index = 0;
  for (const Case& one : {Case{"statement_timeout", "postgres_canceled"},
                          Case{"lock_timeout", "postgres_lock_timeout"}}) {
    SCOPED_TRACE(one.option);
    auto store = OpenStore(UrlWith(std::string("&options=-c%20") + one.option + "%3D300ms"));
    ASSERT_FALSE(WriteOnce(*store, Items(one.option, index)).error);
    index += 2;
    beside_.Do("BEGIN");
    beside_.Do("SELECT id FROM {schema}.graph FOR UPDATE");
    ExpectError(WriteOnce(*store, Items(one.option, index)), StoreErrorClass::kTransient, one.code);
    beside_.Do("ROLLBACK");
    EXPECT_FALSE(WriteOnce(*store, Items(one.option, index)).error);
    index += 2;
    EXPECT_EQ(CountOf(*store, GraphNamed(one.option)), 4u);
  }
}

TEST_F(PostgresErrors, AStatementThatIsGivenUpEndsInTheServer) {
  auto store = OpenStore(UrlWith("&timeout=1s"));
  WriteAtLast(*store, Items("g"));
  beside_.Do("BEGIN");
  beside_.Do("SELECT id FROM {schema}.graph FOR UPDATE");
  ExpectError(WriteOnce(*store, Items("g", 2)), StoreErrorClass::kTransient, "postgres_connection");
  beside_.AwaitThat(
      "NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      " AND query LIKE '%{schema}.apply_chunk%')");
  beside_.Do("ROLLBACK");
  WriteAtLast(*store, Items("g", 2));
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 4u);
}

TEST_F(PostgresErrors, ADeadlockIsTransient) {
  auto store = OpenStore(UrlWith("&options=-c%20deadlock_timeout%3D2s"));
  ASSERT_FALSE(WriteOnce(*store, Items("a", 0)).error);
  ASSERT_FALSE(WriteOnce(*store, Items("b", 2)).error);
  // The other one waits longer before it looks, so that ours is the one that gives way.
  Session other(SharedPostgres() + "?options=-c%20deadlock_timeout%3D30s", schema_);
  other.Do("BEGIN");
  other.Do("SELECT id FROM {schema}.graph WHERE external_id = 'b' FOR UPDATE");
  std::vector<WriteItem> both = Items("a", 4);
  for (WriteItem& item : Items("b", 6)) both.push_back(std::move(item));
  testing::CollectingSink sink;
  store->Submit({1, both}, sink);
  beside_.AwaitWaiting(1);
  other.Do("SELECT id FROM {schema}.graph WHERE external_id = 'a' FOR UPDATE");
  ExpectError(sink.Take(1)[0].result, StoreErrorClass::kTransient, "postgres_deadlock");
  other.Do("ROLLBACK");
  EXPECT_FALSE(WriteOnce(*store, both).error);
  EXPECT_EQ(CountOf(*store, GraphNamed("b")), 4u);
}

TEST_F(PostgresErrors, AValueThatTheServerRefusesFailsItsItemByName) {
  auto store = OpenStore(UrlWith(""));
  std::vector<WriteItem> items = EpisodeItems(GraphNamed("g"), batch_, 0, 9);
  items[4].graph = GraphNamed("not UTF-8: \xff");
  const ChunkResult result = WriteOnce(*store, items);
  EXPECT_FALSE(result.error);
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_EQ(result.failures[0].position, 4u);
  EXPECT_EQ(result.failures[0].code, "store_refused");
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 8u);
}

TEST_F(PostgresErrors, AMissingTableIsFatal) {
  auto store = OpenStore(UrlWith(""));
  beside_.Do("ALTER TABLE {schema}.ingest_progress RENAME TO elsewhere");
  ExpectError(WriteOnce(*store, Items("g")), StoreErrorClass::kFatal, "postgres_error");
  beside_.Do("ALTER TABLE {schema}.elsewhere RENAME TO ingest_progress");
  EXPECT_FALSE(WriteOnce(*store, Items("g")).error);
}

TEST_F(PostgresErrors, AConnectionCutWhileCommittingLeavesNothingBehindButDuplicates) {
  const std::string shared = SharedPostgres();
  const std::size_t colon = shared.rfind(':');
  support::CuttingProxy proxy(std::atoi(shared.substr(colon + 1).c_str()));
  auto store = OpenStore(shared.substr(0, colon) + ":" + std::to_string(proxy.port()) +
                         "/headrace?connections=1&schema=" + schema_);
  ASSERT_FALSE(WriteOnce(*store, Items("g")).error);
  proxy.CutTheAnswerTo("apply_chunk");
  ExpectError(WriteOnce(*store, Items("g", 2)), StoreErrorClass::kTransient, "postgres_connection");
  EXPECT_EQ(proxy.cuts(), 1);
  EXPECT_EQ(beside_.Ask("SELECT count(*) FROM {schema}.episode"), 4) << "it was committed";
  const ChunkResult again = WriteOnce(*store, Items("g", 2));
  EXPECT_FALSE(again.error);
  EXPECT_EQ(again.duplicates, 2u);
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 4u);
}

TEST(PostgresPrivate, ARestartDuringAChunkIsTransientAndLosesNothing) {
  auto server = PrivatePostgres();
  auto store = OpenStore(server->Url("?connections=1&schema=s"));
  const BatchId batch = BatchId::Random();
  ASSERT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, 0, 3)).error);
  auto beside = std::make_unique<Session>(server->Url(), "s");
  beside->Do("BEGIN");
  beside->Do("SELECT id FROM {schema}.graph FOR UPDATE");
  testing::CollectingSink sink;
  store->Submit({1, EpisodeItems(GraphNamed("g"), batch, 3, 3)}, sink);
  Session(server->Url(), "s").AwaitWaiting(1);
  ASSERT_TRUE(server->Stop());
  ExpectError(sink.Take(1)[0].result, StoreErrorClass::kTransient, "postgres_going_down");
  ExpectError(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, 3, 3)),
              StoreErrorClass::kTransient, "postgres_connection");
  ASSERT_TRUE(server->StartAgain());
  EXPECT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, 3, 3)).error);
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 6u);
}

TEST(PostgresPrivate, TooManyConnectionsThrottle) {
  auto server =
      PrivatePostgres("max_connections=4\nsuperuser_reserved_connections=0\nmax_wal_senders=0");
  auto store = OpenStore(server->Url("?connections=1&schema=s"));
  std::vector<std::unique_ptr<Session>> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(std::make_unique<Session>(server->Url(), "s"));
    others.back()->Do("SELECT 1");
  }
  const auto items = EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 3);
  const ChunkResult result = WriteOnce(*store, items);
  ExpectError(result, StoreErrorClass::kThrottled, "postgres_too_many_connections");
  EXPECT_TRUE(result.error->retry_after);
  others.pop_back();
  ChunkResult later = WriteOnce(*store, items);
  for (int tries = 0; later.error && tries < 100; ++tries) later = WriteOnce(*store, items);
  EXPECT_FALSE(later.error) << "the session that was closed takes a moment to end";
}

TEST(PostgresPrivate, AReadOnlyServerIsTransientUntilAPrimaryIsFound) {
  auto server = PrivatePostgres();
  auto store = OpenStore(server->Url("?connections=1&schema=s"));
  const BatchId batch = BatchId::Random();
  ASSERT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, 0, 3)).error);
  Session beside(server->Url("?target_session_attrs=any"), "s");
  const auto set_read_only = [&](const char* value) {
    beside.Do(std::string("ALTER SYSTEM SET default_transaction_read_only = ") + value);
    beside.Do("SELECT pg_reload_conf()");
    // The setting reaches sessions when they look; ours has to see it before the store's does.
    while (beside.Ask("SELECT count(*) FROM pg_settings WHERE name = "
                      "'default_transaction_read_only' AND setting = '" +
                      std::string(value) + "'") == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  set_read_only("on");
  const auto more = EpisodeItems(GraphNamed("g"), batch, 3, 3);
  ExpectError(WriteOnce(*store, more), StoreErrorClass::kTransient, "postgres_read_only");
  ExpectError(WriteOnce(*store, more), StoreErrorClass::kTransient, "postgres_connection");
  beside.Do("SET default_transaction_read_only = off");
  beside.Do("ALTER SYSTEM RESET default_transaction_read_only");
  beside.Do("SELECT pg_reload_conf()");
  ChunkResult later = WriteOnce(*store, more);
  for (int tries = 0; later.error && tries < 100; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    later = WriteOnce(*store, more);
  }
  EXPECT_FALSE(later.error);
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), 6u);
}

TEST(PostgresPrivate, AWrongPasswordIsRefusedAtStartAndFatalLater) {
  auto server = PrivatePostgres("", "right");
  auto refused = OpenGraphStore(server->Url("?schema=s", "headrace:wrong"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_NE(refused.error().message.find("failed: FATAL: password authentication failed for user "
                                         "\"headrace\" (SQLSTATE 28P01)"),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(refused.error().message.find("wrong"), std::string::npos);
  auto store = OpenStore(server->Url("?connections=1&schema=s", "headrace:right"));
  Session beside(server->Url("", "headrace:right"), "s");
  beside.Do("ALTER ROLE headrace PASSWORD 'other'");
  const auto items = EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 3);
  ExpectError(WriteOnce(*store, items), StoreErrorClass::kFatal, "postgres_authorization");
  beside.Do("ALTER ROLE headrace PASSWORD 'right'");
  EXPECT_FALSE(WriteOnce(*store, items).error);
}

TEST(PostgresPrivate, AFullDiskThrottlesAndNothingIsLost) {
  const SmallDisk disk;
  ASSERT_TRUE(disk.mounted()) << "this test mounts a small tmpfs and needs to be root";
  auto server = PrivatePostgres();
  const std::string place = disk.path() + "/t";
  ASSERT_TRUE(support::Shell("mkdir '" + place + "' && chown postgres: '" + place + "'"));
  Session(server->Url(), "s").Do("CREATE TABLESPACE small LOCATION '" + place + "'");
  auto store =
      OpenStore(server->Url("?connections=1&schema=s&options=-c%20default_tablespace%3Dsmall"));
  const BatchId batch = BatchId::Random();
  ChunkResult result;
  std::uint32_t index = 0;
  while (!result.error && index < 100'000) {
    std::vector<WriteItem> items;
    for (int i = 0; i < 20; ++i, ++index) {
      items.push_back(EpisodeItem(GraphNamed("g"), batch, index, std::string(1'500, 'x')));
    }
    result = WriteOnce(*store, items);
  }
  ExpectError(result, StoreErrorClass::kThrottled, "postgres_disk_full");
  ASSERT_TRUE(disk.Grow());
  EXPECT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, index, 5)).error);
  EXPECT_EQ(CountOf(*store, GraphNamed("g")), index - 20 + 5);
}

}  // namespace
}  // namespace headrace::graph
