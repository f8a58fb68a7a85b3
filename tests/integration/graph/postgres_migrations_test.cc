// Schemas of other versions, and many who migrate at once.
#include "tests/integration/graph/postgres_fixture.h"
#include "tests/support/migrate_at_once.h"

namespace headrace::graph {
namespace {

using support::MigrateAtOnce;
using testing::EpisodeItems;
using testing::GraphNamed;

class PostgresMigrations : public ::testing::Test {
 protected:
  void TearDown() override { beside_.Do("DROP SCHEMA IF EXISTS {schema} CASCADE"); }

  // The first version had tables and no functions.
  void StepBackToTheFirst() {
    beside_.Do(
        "DROP FUNCTION {schema}.draw_tokens, {schema}.empty_graph, {schema}.add_graphs,"
        " {schema}.erase_graph, {schema}.apply_chunk");
    beside_.Do("UPDATE {schema}.schema_version SET version = 1");
  }

  const std::string schema_ = UniqueSchema();
  const std::string url_ = SharedPostgres() + "?connections=1&schema=" + schema_;
  Session beside_{SharedPostgres(), schema_};
};

TEST_F(PostgresMigrations, ASchemaOfAnotherVersionIsRefusedWithWhatToDo) {
  OpenStore(url_);
  beside_.Do("UPDATE {schema}.schema_version SET version = 99");
  auto newer = OpenGraphStore(url_, {.auto_migrate = true});
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, ErrorCode::kInvalid);
  EXPECT_NE(newer.error().message.find("use a newer Headrace"), std::string::npos);
  beside_.Do("UPDATE {schema}.schema_version SET version = 1");
  auto older = OpenGraphStore(url_);
  ASSERT_FALSE(older.ok());
  EXPECT_EQ(older.error().code, ErrorCode::kInvalid);
  EXPECT_NE(older.error().message.find("headrace store migrate"), std::string::npos);
}

TEST_F(PostgresMigrations, ASchemaOfAnotherProgramIsLeftAlone) {
  beside_.Do("CREATE SCHEMA {schema}");
  beside_.Do("CREATE TABLE {schema}.episode (theirs integer)");
  const auto opened = OpenGraphStore(url_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("no tables of Headrace's"), std::string::npos);
  const auto migrated = MigrateStore(url_, /*dry_run=*/false);
  ASSERT_FALSE(migrated.ok());
  EXPECT_EQ(migrated.error().code, ErrorCode::kInvalid);
  EXPECT_NE(migrated.error().message.find("tables of another program"), std::string::npos)
      << migrated.error().message;
  EXPECT_EQ(beside_.Ask("SELECT count(*) FROM pg_tables WHERE schemaname = '" + schema_ + "'"), 1);
}

TEST_F(PostgresMigrations, AnyNumberMayMigrateAtOnceAndADryRunChangesNothing) {
  auto dry = MigrateStore(url_, /*dry_run=*/true);
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->from, 0);
  EXPECT_FALSE(dry->steps.empty());
  EXPECT_FALSE(OpenGraphStore(url_).ok());
  EXPECT_EQ(MigrateAtOnce(url_, 4), dry->steps) << "each step was somebody's, and one's alone";
  EXPECT_TRUE(OpenGraphStore(url_).ok());
  EXPECT_TRUE(MigrateAtOnce(url_, 1).empty());
}

TEST_F(PostgresMigrations, AnOlderSchemaKeepsWhatItHolds) {
  const BatchId batch = BatchId::Random();
  const auto items = EpisodeItems(GraphNamed("g"), batch, 0, 3);
  ASSERT_FALSE(WriteOnce(*OpenStore(url_), items).error);
  StepBackToTheFirst();
  EXPECT_EQ(MigrateAtOnce(url_, 2),
            std::vector<std::string>{"2: the function that writes a chunk"});
  auto store = OpenGraphStore(url_);
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(WriteOnce(**store, items).duplicates, 3u);
  ASSERT_FALSE(WriteOnce(**store, EpisodeItems(GraphNamed("g"), batch, 3, 2)).error);
  const auto episodes = (*store)->Read({GraphNamed("g"), "", 0, 100});
  ASSERT_TRUE(episodes.ok());
  ASSERT_EQ(episodes->size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ((*episodes)[i].ref.index, i);
}

}  // namespace
}  // namespace headrace::graph
