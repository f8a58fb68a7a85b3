// The SQLite store's file: opening, refusing, and what stands in its tables.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>

#include "common/graph/sqlite_errors.h"
#include "common/graph/sqlite_handles.h"
#include "common/graph/sqlite_schema.h"
#include "common/graph/sqlite_store.h"
#include "tests/fakes/collecting_sink.h"
#include "tests/fakes/graph_items.h"
#include "tests/fakes/scratch_dir.h"
#include "tests/support/migrate_at_once.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItem;
using testing::GraphNamed;
using testing::MessageItem;
using testing::UserNamed;
using testing::WriteAll;

class SqliteFile : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SqliteStore>> OpenStore() {
    SqliteSettings settings;
    settings.path = path_;
    settings.busy_timeout = std::chrono::milliseconds(20);
    return SqliteStore::Open(settings);
  }

  std::unique_ptr<Connection> Connect() {
    auto connection = Connection::Open(path_, std::chrono::seconds(5));
    EXPECT_TRUE(connection.ok());
    return *std::move(connection);
  }

  // The first column of all rows, one line each.
  std::string Ask(const char* sql) {
    auto connection = Connect();
    Statement statement(*connection, sql);
    std::string answer;
    SqliteCode code = statement.Start().Step();
    for (; code == kSqliteRow; code = statement.Step()) {
      if (!answer.empty()) answer += '\n';
      answer += statement.row().Text(0);
    }
    EXPECT_EQ(code, kSqliteDone) << connection->LastMessage();
    return answer;
  }

  void ExpectRefused(ErrorCode code, const std::string& says) {
    auto store = OpenStore();
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.error().code, code) << store.error().message;
    EXPECT_NE(store.error().message.find(says), std::string::npos) << store.error().message;
  }

  const testing::ScratchDir dir_;
  std::string path_ = dir_.File("graph.db");
  const BatchId batch_ = BatchId::Random();
};

TEST_F(SqliteFile, NamesTheDirectoryThatIsMissing) {
  path_ = dir_.File("missing/graph.db");
  ExpectRefused(ErrorCode::kInvalid, "missing does not exist");
  path_ = dir_.File("");
  ExpectRefused(ErrorCode::kInvalid, "a path to a file is needed");
}

TEST_F(SqliteFile, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(4'096, 'x');
  ExpectRefused(ErrorCode::kPermanent, "not a database");
}

TEST_F(SqliteFile, RefusesAnotherProgramsDatabaseAndLeavesItAlone) {
  ASSERT_EQ(Connect()->Run("CREATE TABLE theirs (x)"), kSqliteOk);
  ExpectRefused(ErrorCode::kPermanent, "another program");
  EXPECT_EQ(Ask("SELECT count(*) FROM sqlite_master"), "1");
  EXPECT_EQ(Ask("PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteFile, RefusesANewerSchema) {
  ASSERT_TRUE(OpenStore().ok());
  ASSERT_EQ(Connect()->Run("UPDATE schema_version SET version = 99"), kSqliteOk);
  ExpectRefused(ErrorCode::kPermanent, "version 99");
}

TEST_F(SqliteFile, AFileOfTheFirstVersionKeepsWhatItHolds) {
  const std::vector<WriteItem> items = {EpisodeItem(GraphNamed("g"), batch_, 0, "first"),
                                        EpisodeItem(GraphNamed("g"), batch_, 1, "second")};
  WriteAll(**OpenStore(), items);
  ASSERT_EQ(Connect()->Run("DROP TABLE fence; UPDATE schema_version SET version = 1"), kSqliteOk);
  auto dry = MigrateSqliteFile({path_}, /*dry_run=*/true);
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->from, 1);
  EXPECT_EQ(dry->steps, std::vector<std::string>{"2: fences"});
  EXPECT_EQ(Ask("SELECT version FROM schema_version"), "1");
  EXPECT_EQ(support::MigrateAtOnce("sqlite:" + path_, 4), dry->steps) << "it was one's alone";
  EXPECT_EQ(Ask("SELECT version FROM schema_version"), "2");
  EXPECT_EQ(Ask("SELECT count(*) FROM fence"), "0");
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(WriteAll(**store, items).duplicates, 2u);
  WriteAll(**store, {EpisodeItem(GraphNamed("g"), batch_, 2, "third")});
  EXPECT_EQ(Ask("SELECT group_concat(seq || content) FROM episode"), "1first,2second,3third");
}

TEST_F(SqliteFile, AnyNumberMayMakeTheFileAtOnce) {
  auto dry = MigrateSqliteFile({path_}, /*dry_run=*/true);
  ASSERT_TRUE(dry.ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(support::MigrateAtOnce("sqlite:" + path_, 4), dry->steps);
  EXPECT_TRUE(support::MigrateAtOnce("sqlite:" + path_, 2).empty());
}

TEST_F(SqliteFile, ADryRunRefusesWhatOpeningWould) {
  ASSERT_EQ(Connect()->Run("CREATE TABLE theirs (x)"), kSqliteOk);
  EXPECT_EQ(MigrateSqliteFile({path_}, /*dry_run=*/true).error().code, ErrorCode::kPermanent);
  path_ = dir_.File("missing/graph.db");
  EXPECT_EQ(MigrateSqliteFile({path_}, /*dry_run=*/true).error().code, ErrorCode::kInvalid);
  path_ = dir_.File("newer.db");
  ASSERT_TRUE(OpenStore().ok());
  ASSERT_EQ(Connect()->Run("UPDATE schema_version SET version = 3"), kSqliteOk);
  EXPECT_EQ(MigrateSqliteFile({path_}, /*dry_run=*/true).error().code, ErrorCode::kPermanent);
}

TEST_F(SqliteFile, IsDurableAndShared) {
  ASSERT_TRUE(OpenStore().ok());
  EXPECT_EQ(Ask("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(Ask("SELECT version FROM schema_version"), "2");
}

TEST_F(SqliteFile, AChunkThatCannotGetTheLockIsTransient) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  auto other = Connect();
  ASSERT_EQ(other->Run("BEGIN IMMEDIATE"), kSqliteOk);
  testing::CollectingSink sink;
  (*store)->Submit({1, {EpisodeItem(GraphNamed("g"), batch_, 0, "x")}}, sink);
  const auto busy = sink.Take(1);
  ASSERT_TRUE(busy[0].result.error);
  EXPECT_EQ(busy[0].result.error->error_class, StoreErrorClass::kTransient);
  EXPECT_EQ(busy[0].result.error->code, "sqlite_busy");
  EXPECT_EQ((*store)->Erase(GraphNamed("g"), 1).error().code, ErrorCode::kTransient);
  ASSERT_EQ(other->Run("ROLLBACK"), kSqliteOk);
  (*store)->Submit(busy[0].chunk, sink);
  EXPECT_FALSE(sink.Take(1)[0].result.error);
}

TEST_F(SqliteFile, AMissingTableIsFatalAndAppliesNothing) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  ASSERT_EQ(Connect()->Run("DROP TABLE ingest_progress"), kSqliteOk);
  testing::CollectingSink sink;
  (*store)->Submit({1, {EpisodeItem(GraphNamed("g"), batch_, 0, "x")}}, sink);
  const auto done = sink.Take(1);
  ASSERT_TRUE(done[0].result.error);
  EXPECT_EQ(done[0].result.error->error_class, StoreErrorClass::kFatal);
  EXPECT_EQ(Ask("SELECT count(*) FROM episode"), "0");
}

TEST_F(SqliteFile, AnItemThatBreaksAConstraintFailsAlone) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  // As an operator might add one.
  Ask("CREATE TRIGGER no_secrets BEFORE INSERT ON episode WHEN NEW.content LIKE '%secret%'"
      " BEGIN SELECT RAISE(ABORT, 'secrets are not kept'); END");
  const auto written = WriteAll(**store, {EpisodeItem(GraphNamed("g"), batch_, 0, "first"),
                                          EpisodeItem(GraphNamed("g"), batch_, 1, "a secret"),
                                          EpisodeItem(GraphNamed("g"), batch_, 2, "next")});
  ASSERT_EQ(written.failures.size(), 1u);
  EXPECT_EQ(written.failures[0].position, 1u);
  EXPECT_EQ(written.failures[0].code, "store_refused");
  EXPECT_EQ(Ask("SELECT group_concat(seq) FROM episode"), "1,2");
}

// A topic that was deleted and made again counts its offsets from zero, so its upstream records
// have places that were taken before; they are other episodes all the same.
TEST_F(SqliteFile, KeepsEpisodesThatShareAPlaceInABatch) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  WriteItem again = EpisodeItem(GraphNamed("g"), batch_, 0, "after");
  again.episode = Uuid::Random();
  const auto written =
      WriteAll(**store, {EpisodeItem(GraphNamed("g"), batch_, 0, "before"), again});
  EXPECT_TRUE(written.failures.empty());
  EXPECT_EQ(Ask("SELECT group_concat(content) FROM episode"), "before,after");
}

TEST_F(SqliteFile, RegistersGraphsUsersAndThreads) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  const GraphKey user = UserNamed("ann");
  WriteAll(**store, {MessageItem(user, "t", batch_, 0, "a"), MessageItem(user, "t", batch_, 1, "b"),
                     EpisodeItem(GraphNamed("ann"), batch_, 2, "c"),
                     MessageItem(user, "t", batch_, 0, "a")});
  WriteAll(**store, {MessageItem(user, "t", batch_, 3, "d")});
  EXPECT_EQ(Ask("SELECT user_id FROM memory_user"), "ann");
  EXPECT_EQ(Ask("SELECT kind || ' ' || group_id || ' ' || next_seq FROM graph ORDER BY id"),
            "user ann 4\ngraph hr-g-616e6e 2");
  EXPECT_EQ(Ask("SELECT first_episode_uuid || last_episode_uuid FROM thread"),
            batch_.ItemUuid(0).ToString() + batch_.ItemUuid(3).ToString());
  EXPECT_EQ(Ask("SELECT created_at FROM thread"), "1700000000000000");
  EXPECT_EQ(Ask("SELECT last_batch_seq || ' ' || applied || ' ' || duplicates FROM ingest_progress"
                " ORDER BY graph_id"),
            "3 3 1\n2 1 0");
}

TEST_F(SqliteFile, ShowsGraphitisViewOfEpisodes) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  const GraphKey user = UserNamed("ann");
  WriteItem dated = MessageItem(user, "t", batch_, 1, "");
  dated.payload =
      R"({"type":"thread_message","user_id":"ann","thread_id":"t","role":"assistant","name":"Bo",)"
      R"("content":"b","created_at":"1969-12-31T23:59:59.25Z"})";
  WriteAll(**store, {MessageItem(user, "t", batch_, 0, "a"), dated});
  EXPECT_EQ(Ask("SELECT name || ' ' || group_id || ' ' || source || ' ' || content || ' ' ||"
                " entity_edges || ' ' || valid_at FROM v_episodic ORDER BY name"),
            "t/1 ann message user: a [] 2023-11-14T22:13:20.000000+00:00\n"
            "t/2 ann message Bo(assistant): b [] 1969-12-31T23:59:59.250000+00:00");
  EXPECT_EQ(Ask("SELECT previous_uuid || next_uuid FROM v_next_episode"),
            batch_.ItemUuid(0).ToString() + batch_.ItemUuid(1).ToString());
  EXPECT_EQ(Ask("SELECT count(DISTINCT saga_uuid) || ' ' || count(*) FROM v_has_episode"), "1 2");
}

TEST_F(SqliteFile, EraseLeavesOnlyTheGraphsRow) {
  auto store = OpenStore();
  ASSERT_TRUE(store.ok());
  WriteAll(**store, {MessageItem(UserNamed("ann"), "t", batch_, 0, "a")});
  ASSERT_TRUE((*store)->Erase(UserNamed("ann"), 4).ok());
  EXPECT_EQ(Ask("SELECT (SELECT count(*) FROM episode) + (SELECT count(*) FROM thread) +"
                " (SELECT count(*) FROM memory_user) + (SELECT count(*) FROM ingest_progress)"),
            "0");
  EXPECT_EQ(Ask("SELECT incarnation || ' ' || next_seq FROM graph"), "4 1");
}

TEST(SqliteErrors, SayWhatTheWorkerMustDo) {
  struct Case {
    int code;
    StoreErrorClass error_class;
    ErrorCode call;
  };
  const Case cases[] = {
      {SQLITE_BUSY, StoreErrorClass::kTransient, ErrorCode::kTransient},
      {SQLITE_BUSY_SNAPSHOT, StoreErrorClass::kTransient, ErrorCode::kTransient},
      {SQLITE_IOERR_FSYNC, StoreErrorClass::kTransient, ErrorCode::kTransient},
      {SQLITE_FULL, StoreErrorClass::kThrottled, ErrorCode::kTransient},
      {SQLITE_CORRUPT, StoreErrorClass::kFatal, ErrorCode::kPermanent},
      {SQLITE_READONLY_DBMOVED, StoreErrorClass::kFatal, ErrorCode::kPermanent},
      {SQLITE_NOTADB, StoreErrorClass::kFatal, ErrorCode::kPermanent},
      {SQLITE_ERROR, StoreErrorClass::kFatal, ErrorCode::kPermanent},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.code);
    const StoreError error = ChunkErrorOf(one.code, "why");
    EXPECT_EQ(error.error_class, one.error_class);
    EXPECT_EQ(error.retry_after.has_value(), one.error_class == StoreErrorClass::kThrottled);
    EXPECT_EQ(CallErrorOf(one.code, "why").code, one.call);
    EXPECT_FALSE(IsItemError(one.code));
  }
  EXPECT_TRUE(IsItemError(SQLITE_CONSTRAINT_UNIQUE));
  EXPECT_TRUE(IsItemError(SQLITE_TOOBIG));
}

}  // namespace
}  // namespace headrace::graph
