// What tests of the PostgreSQL store share: a session of their own, and one chunk at a time.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/graph/make_store.h"
#include "common/graph/postgres_connection.h"
#include "tests/fakes/collecting_sink.h"
#include "tests/fakes/graph_items.h"
#include "tests/support/postgres_server.h"

namespace headrace::graph {

// The shared server that ctest started.
inline std::string SharedPostgres() {
  const char* const address = std::getenv("HEADRACE_TEST_POSTGRES");
  EXPECT_NE(address, nullptr) << "run it through ctest, which starts PostgreSQL";
  return "postgresql://headrace@" + std::string(address == nullptr ? "" : address) + "/headrace";
}

// A private server, for what troubles all of its sessions.
inline std::unique_ptr<support::PostgresServer> PrivatePostgres(
    const std::string& settings = "", const std::string& password = "",
    const std::string& standby_of = "") {
  auto server = support::PostgresServer::Start({"fsync=off\n" + settings, password, standby_of});
  EXPECT_TRUE(server.ok()) << (server.ok() ? "" : server.error().message);
  return *std::move(server);
}

inline std::string UniqueSchema() { return "test-" + Uuid::Random().ToString(); }

inline PostgresSettings SettingsFor(const std::string& url, const std::string& schema) {
  PostgresSettings settings;
  settings.conninfo = url;
  settings.schema = schema;
  return settings;
}

// A session beside the store's.
class Session {
 public:
  Session(const std::string& url, const std::string& schema)
      : connection_(SettingsFor(url, schema)) {}

  // The first value of the answer; fails the test on an error.
  std::int64_t Ask(const std::string& sql) {
    const PostgresAnswer answer = connection_.Run(sql);
    EXPECT_FALSE(answer.error()) << (answer.error() ? answer.error()->message : "");
    return answer.error() || answer.rows() == 0 ? 0 : answer.Int(0, 0);
  }
  void Do(const std::string& sql) { Ask(sql); }

  // Asks until the answer is true.
  void AwaitThat(const std::string& condition) {
    while (Ask("SELECT " + condition) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  // Waits until so many others wait for a lock.
  void AwaitWaiting(int count) {
    AwaitThat("count(*) >= " + std::to_string(count) +
              " FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  }

 private:
  PostgresConnection connection_;
};

inline std::unique_ptr<GraphStore> OpenStore(const std::string& url) {
  auto store = OpenGraphStore(url, {.auto_migrate = true});
  EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message);
  return store.ok() ? *std::move(store) : nullptr;
}

inline ChunkResult WriteOnce(GraphStore& store, std::vector<WriteItem> items) {
  testing::CollectingSink sink;
  store.Submit({1, std::move(items)}, sink);
  return sink.Take(1)[0].result;
}

inline void ExpectError(const ChunkResult& result, StoreErrorClass error_class,
                        const std::string& code) {
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->error_class, error_class);
  EXPECT_EQ(result.error->code, code) << result.error->message;
}

// Tries until the store takes it; fails the test when it does not within a minute.
inline ChunkResult WriteAtLast(GraphStore& store, const std::vector<WriteItem>& items) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  ChunkResult result = WriteOnce(store, items);
  while (result.error && std::chrono::steady_clock::now() < deadline) {
    EXPECT_NE(result.error->error_class, StoreErrorClass::kFatal) << result.error->message;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    result = WriteOnce(store, items);
  }
  EXPECT_FALSE(result.error) << (result.error ? result.error->message : "");
  return result;
}

inline std::size_t CountOf(GraphStore& store, const GraphKey& graph) {
  auto episodes = store.Read({graph, "", 0, 1'000'000});
  return episodes.ok() ? episodes->size() : 0;
}

}  // namespace headrace::graph
