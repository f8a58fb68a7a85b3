// Text arrives as it was sent, whatever encodings the URL and the server name.
#include "tests/integration/graph/postgres_fixture.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItem;
using testing::GraphNamed;

class PostgresEncoding : public ::testing::Test {
 protected:
  void TearDown() override { beside_.Do("DROP SCHEMA IF EXISTS {schema} CASCADE"); }

  const std::string schema_ = UniqueSchema();
  Session beside_{SharedPostgres(), schema_};
};

TEST_F(PostgresEncoding, AConnectionIsUtf8WhateverTheUrlSays) {
  const std::string url = SharedPostgres() +
                          "?connections=1&client_encoding=LATIN1"
                          "&options=-c%20client_encoding%3DLATIN1&schema=" +
                          schema_;
  const ChunkResult result =
      WriteOnce(*OpenStore(url), {EpisodeItem(GraphNamed("g"), BatchId::Random(), 0, "Grüße")});
  ASSERT_FALSE(result.error);
  ASSERT_TRUE(result.failures.empty()) << result.failures[0].message;
  // As LATIN1 each of its seven bytes would have become a character.
  EXPECT_EQ(beside_.Ask("SELECT length(content)::bigint FROM {schema}.episode"), 5);
  EXPECT_EQ(beside_.Ask("SELECT octet_length(content)::bigint FROM {schema}.episode"), 7);
}

TEST_F(PostgresEncoding, ADatabaseOfAnotherEncodingIsRefusedWithWhatToDo) {
  for (const std::string encoding : {"LATIN1", "SQL_ASCII"}) {
    SCOPED_TRACE(encoding);
    const std::string name = "db-" + Uuid::Random().ToString();
    beside_.Do("CREATE DATABASE \"" + name + "\" ENCODING '" + encoding +
               "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    const std::string shared = SharedPostgres();
    const std::string url = shared.substr(0, shared.rfind('/') + 1) + name;
    const auto opened = OpenGraphStore(url, {.auto_migrate = true});
    const auto started = OpenGraphStore(url);
    const auto migrated = MigrateStore(url, /*dry_run=*/true);
    beside_.Do("DROP DATABASE \"" + name + '"');
    ASSERT_FALSE(opened.ok() || started.ok() || migrated.ok());
    for (const Error& error : {opened.error(), started.error(), migrated.error()}) {
      EXPECT_EQ(error.code, ErrorCode::kInvalid);
      EXPECT_NE(error.message.find("encoded in " + encoding), std::string::npos) << error.message;
      EXPECT_NE(error.message.find("--encoding UTF8"), std::string::npos) << error.message;
    }
  }
}

}  // namespace
}  // namespace headrace::graph
