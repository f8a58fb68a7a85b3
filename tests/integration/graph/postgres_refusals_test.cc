// What a store must be given before it can work, and what it may wait for.
#include <signal.h>

#include <array>

#include "tests/integration/graph/postgres_fixture.h"
#include "tests/support/loopback.h"
#include "tests/support/pooler.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItems;
using testing::GraphNamed;

Error Refusal(const std::string& url) {
  auto store = OpenGraphStore(url, {.auto_migrate = true});
  EXPECT_FALSE(store.ok());
  return store.ok() ? Cancelled("") : store.error();
}

void ExpectSays(const Error& error, ErrorCode code, const std::string& says) {
  EXPECT_EQ(ErrorCodeName(error.code), ErrorCodeName(code)) << error.message;
  EXPECT_NE(error.message.find(says), std::string::npos) << error.message;
}

TEST(PostgresRefusals, SettingsThatCanNeverWorkMustBeSetRight) {
  struct Case {
    const char* query;
    const char* says;
  };
  for (const Case& one :
       {Case{"sslmode=foo", "invalid sslmode value"},
        Case{"target_session_attrs=foo", "invalid target_session_attrs value"},
        Case{"port=abc", "invalid integer value"}, Case{"port=0", "invalid port number"},
        Case{"connect_timeout=abc", "invalid integer value"},
        Case{"port=1,2", "could not match 2 port numbers"},
        Case{"service=nowhere", "definition of service"},
        Case{"ssl_min_protocol_version=1", "invalid ssl_min_protocol_version"}}) {
    SCOPED_TRACE(one.query);
    ExpectSays(Refusal(SharedPostgres() + "?" + one.query), ErrorCode::kInvalid, one.says);
  }
}

TEST(PostgresRefusals, APasswordThatIsMissingOrWrongMustBeSetRight) {
  auto server = PrivatePostgres("", "secret");
  ExpectSays(Refusal(server->Url()), ErrorCode::kInvalid, "no password supplied");
  ExpectSays(Refusal(server->Url("", "headrace:other")), ErrorCode::kInvalid,
             "password authentication failed");
}

// PgBouncer has one SQLSTATE for all of it.
TEST(PostgresRefusals, WhatAPoolerWillNeverTakeMustBeSetRight) {
  const support::Pooler pooler(SharedPostgres(), "secret");
  EXPECT_TRUE(MigrateStore(pooler.Url("headrace:secret") + "?schema=" + UniqueSchema(), true).ok());
  ExpectSays(Refusal(pooler.Url("headrace:other")), ErrorCode::kInvalid, "check user and password");
  ExpectSays(Refusal(pooler.Url("stranger:secret")), ErrorCode::kInvalid,
             "check user and password");
  ExpectSays(Refusal(pooler.Url("headrace:secret", "nowhere")), ErrorCode::kInvalid, "nowhere");
  ExpectSays(Refusal(pooler.Url("headrace:secret") + "?options=-c%20geqo%3Doff"),
             ErrorCode::kInvalid, "options");
}

TEST(PostgresRefusals, AMissingDatabaseMustBeMade) {
  const std::string shared = SharedPostgres();
  const std::string url = shared.substr(0, shared.rfind('/')) + "/nowhere";
  ExpectSays(Refusal(url), ErrorCode::kInvalid, "does not exist");
  const auto migrated = MigrateStore(url, /*dry_run=*/false);
  ASSERT_FALSE(migrated.ok());
  EXPECT_EQ(migrated.error().code, ErrorCode::kInvalid);
}

TEST(PostgresRefusals, HostsThatDoNotAnswerAreWaitedForAndAllNamed) {
  ExpectSays(Refusal("postgresql://nowhere.invalid/db"), ErrorCode::kTransient, "nowhere.invalid");
  const std::string dead = "postgresql://127.0.0.1:1,127.0.0.1:2/db";
  ExpectSays(Refusal(dead), ErrorCode::kTransient, "port 1 ");
  ExpectSays(Refusal(dead), ErrorCode::kTransient, "port 2 ");
  ExpectSays(Refusal("postgresql://localhost:1/db"), ErrorCode::kTransient,
             "\"localhost\" (127.0.0.1), port 1 ");
  const support::LoopbackListener silent;
  ExpectSays(
      Refusal("postgresql://localhost:" + std::to_string(silent.port()) + "/db?connect_timeout=1"),
      ErrorCode::kTransient, "\"localhost\" (127.0.0.1), port ");
}

// Hosts as of machines that are switched off: they refuse nothing, and each may take five seconds.
class PostgresSilence : public ::testing::Test {
 protected:
  std::string Hosts() const {
    std::string hosts;
    for (const auto& listener : listeners_)
      hosts += (hosts.empty() ? "" : ",") + listener.address();
    return hosts;
  }

 private:
  const std::array<support::LoopbackListener, 4> listeners_;
};

TEST_F(PostgresSilence, DoesNotKeepOpeningFromBeingGivenUp) {
  const auto begun = std::chrono::steady_clock::now();
  const auto took = [&] { return std::chrono::steady_clock::now() - begun; };
  auto store = OpenGraphStore("postgresql://headrace@" + Hosts() + "/headrace",
                              {.leaving = [&] { return took() > std::chrono::milliseconds(500); }});
  EXPECT_LT(took(), std::chrono::seconds(4));
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(ErrorCodeName(store.error().code), ErrorCodeName(ErrorCode::kCancelled));
}

TEST_F(PostgresSilence, DoesNotKeepAStoreFromStopping) {
  auto server = PrivatePostgres();
  auto store = OpenStore("postgresql://headrace@" + server->address() + "," + Hosts() +
                         "/headrace?connections=1&schema=s");
  ASSERT_TRUE(server->Stop());
  testing::CollectingSink sink;
  store->Submit({1, EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 2)}, sink);
  const auto begun = std::chrono::steady_clock::now();
  store->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
  ExpectError(sink.Take(1)[0].result, StoreErrorClass::kTransient, "postgres_connection");
}

// The chunk waits for a lock, and whoever is asked to end that does not answer either.
TEST(PostgresRefusals, AServerThatHangsDoesNotKeepAStoreFromStopping) {
  auto server = PrivatePostgres();
  auto store = OpenStore(server->Url("?connections=1&schema=s"));
  const BatchId batch = BatchId::Random();
  ASSERT_FALSE(WriteOnce(*store, EpisodeItems(GraphNamed("g"), batch, 0, 2)).error);
  Session beside(server->Url(), "s");
  const auto postmaster = static_cast<pid_t>(
      beside.Ask("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::bigint"));
  beside.Do("BEGIN");
  beside.Do("SELECT id FROM {schema}.graph FOR UPDATE");
  testing::CollectingSink sink;
  store->Submit({1, EpisodeItems(GraphNamed("g"), batch, 2, 2)}, sink);
  Session(server->Url(), "s").AwaitWaiting(1);
  ASSERT_GT(postmaster, 1);
  ASSERT_EQ(kill(postmaster, SIGSTOP), 0);
  const auto begun = std::chrono::steady_clock::now();
  store->Stop();
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(kill(postmaster, SIGCONT), 0);
  EXPECT_LT(took, std::chrono::seconds(30)) << "a statement is given a minute otherwise";
  ExpectError(sink.Take(1)[0].result, StoreErrorClass::kTransient, "postgres_connection");
}

// As when a worker is told to stop while it waits for the schema's version.
TEST(PostgresRefusals, OpeningIsGivenUpWhenNobodyWaitsForItAnyMore) {
  const std::string schema = UniqueSchema();
  const std::string url = SharedPostgres() + "?schema=" + schema;
  ASSERT_NE(OpenStore(url), nullptr);
  Session beside(SharedPostgres(), schema);
  Session watch(SharedPostgres(), schema);
  const std::string waiting =
      "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%" + schema + "%'";
  beside.Do("BEGIN");
  beside.Do("LOCK TABLE {schema}.schema_version");
  const auto begun = std::chrono::steady_clock::now();
  bool asked = false;
  const auto leaving = [&] {
    asked = asked || watch.Ask("SELECT count(*) " + waiting) > 0;
    return asked;
  };
  auto store = OpenGraphStore(url, {.leaving = leaving});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20))
      << "a statement is given a minute otherwise";
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(ErrorCodeName(store.error().code), ErrorCodeName(ErrorCode::kCancelled));
  // Nor does the server wait for the lock any more.
  watch.AwaitThat("count(*) = 0 " + waiting);
  beside.Do("DROP SCHEMA {schema} CASCADE");
  beside.Do("COMMIT");
}

}  // namespace
}  // namespace headrace::graph
