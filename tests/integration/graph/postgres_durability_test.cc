// What a store calls done, and a server that would rather commit later.
#include <signal.h>

#include <functional>

#include "tests/integration/graph/postgres_fixture.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItems;
using testing::GraphNamed;

// A server whose commits return before they are on disk. The process that writes them out later is
// stopped, so that a crash takes back every one that was not written out by itself.
class PostgresLazyCommits : public ::testing::Test {
 protected:
  PostgresLazyCommits() {
    beside().Do("CREATE TABLE {schema}.lazy (n integer)");
    StopTheWalWriter();
  }

  Session beside() const { return Session(server_->Url(), "s"); }

  // Crashes the server after `work`, and starts it again. What the server commits for others after
  // that work is gone, which shows that the crash could have taken the work, too.
  void CrashAfter(const std::function<void()>& work) {
    work();
    beside().Do("INSERT INTO {schema}.lazy VALUES (1)");
    ASSERT_TRUE(server_->Kill());
    ASSERT_TRUE(server_->StartAgain());
    EXPECT_EQ(beside().Ask("SELECT count(*) FROM {schema}.lazy"), 0);
  }

 private:
  void StopTheWalWriter() {
    const std::string writer =
        "FROM pg_stat_activity WHERE backend_type = 'walwriter' AND wait_event = 'WalWriterMain'";
    Session session = beside();
    session.AwaitThat("count(*) = 1 " + writer);
    const auto pid = static_cast<pid_t>(session.Ask("SELECT max(pid) " + writer));
    ASSERT_GT(pid, 0);
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
  }

  const std::unique_ptr<support::PostgresServer> server_ =
      PrivatePostgres("synchronous_commit=off\nbgwriter_lru_maxpages=0\nautovacuum=off");

 protected:
  const BatchId batch_ = BatchId::Random();
  const std::unique_ptr<GraphStore> store_ = OpenStore(server_->Url("?connections=1&schema=s"));
};

TEST_F(PostgresLazyCommits, WhatTheStoreCallsDoneIsOnDisk) {
  CrashAfter(
      [&] { ASSERT_FALSE(WriteOnce(*store_, EpisodeItems(GraphNamed("g"), batch_, 0, 3)).error); });
  EXPECT_EQ(beside().Ask("SELECT count(*) FROM {schema}.episode"), 3);
}

TEST_F(PostgresLazyCommits, AnEraseThatWasAnsweredIsNotForgotten) {
  CrashAfter([&] { ASSERT_TRUE(store_->Erase(GraphNamed("g"), 7).ok()); });
  EXPECT_EQ(beside().Ask("SELECT incarnation FROM {schema}.graph"), 7);
}

// Else two owners could be given the same token.
TEST_F(PostgresLazyCommits, ATokenIsDrawnOnce) {
  CrashAfter([&] {
    store_->Claim("p0");
    beside().AwaitThat("count(*) = 1 FROM {schema}.fence");
  });
  EXPECT_EQ(beside().Ask("SELECT token FROM {schema}.fence"), 1);
}

}  // namespace
}  // namespace headrace::graph
