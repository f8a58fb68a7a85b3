#include "common/config/field_table.h"

#include <gtest/gtest.h>

#include <set>

namespace headrace::config {
namespace {

TEST(FieldTable, MakesTheNamesThatAreKept) {
  for (const std::string name :
       {"HEADRACE_KAFKA_BROKERS", "HEADRACE_KAFKA_PROPERTIES", "HEADRACE_REDIS_URL",
        "HEADRACE_REDIS_PREFIX", "HEADRACE_STORE", "HEADRACE_TOPIC_PREFIX", "HEADRACE_CHANNEL",
        "HEADRACE_METRICS_LISTEN", "HEADRACE_DRAIN_TIMEOUT", "HEADRACE_LOG_LEVEL",
        "HEADRACE_LOG_FORMAT"}) {
    SCOPED_TRACE(name);
    bool found = false;
    for (const Field& field : FieldTable()) found = found || EnvironmentName(field.name) == name;
    EXPECT_TRUE(found);
  }
  EXPECT_EQ(FlagName("redis.batch_ttl"), "--redis-batch-ttl");
}

TEST(FieldTable, HasEachNameOnceInAllThreeForms) {
  std::set<std::string> variables, flags{"--config", "--help", "--help-all", "--version"};
  for (const Field& field : FieldTable()) {
    SCOPED_TRACE(field.name);
    EXPECT_TRUE(variables.insert(EnvironmentName(field.name)).second);
    EXPECT_TRUE(flags.insert(FlagName(field.name)).second);
    if (!field.short_flag.empty()) {
      EXPECT_TRUE(flags.insert(field.short_flag).second);
    }
    EXPECT_EQ(FindField(field.name), &field);
    // X_FILE is the file form of X, so no setting may be called that.
    EXPECT_FALSE(EnvironmentName(field.name).ends_with("_FILE"));
  }
  EXPECT_EQ(FindField("kafka"), nullptr);
}

TEST(FieldTable, ReadsBackEveryDefault) {
  const Settings defaults;
  for (const Field& field : FieldTable()) {
    SCOPED_TRACE(field.name);
    Settings settings;
    const std::string text = field.get(defaults);
    EXPECT_EQ(field.set(settings, text), std::nullopt) << text;
    EXPECT_EQ(field.get(settings), text);
    EXPECT_FALSE(field.help.empty());
    EXPECT_FALSE(field.rule.empty());
  }
  EXPECT_TRUE(CheckTogether(defaults).empty());
}

TEST(FieldTable, RefusesTextThatIsNoValueAndChangesNothing) {
  for (const Field& field : FieldTable()) {
    SCOPED_TRACE(field.name);
    Settings settings;
    const std::string before = field.get(settings);
    EXPECT_NE(field.set(settings, "\x01 {no value}"), std::nullopt);
    EXPECT_EQ(field.get(settings), before);
  }
}

TEST(FieldTable, KeepsBounds) {
  Settings settings;
  const Field& partitions = *FindField("topic.partitions");
  EXPECT_NE(partitions.set(settings, "0"), std::nullopt);
  EXPECT_NE(partitions.set(settings, "10001"), std::nullopt);
  EXPECT_NE(partitions.set(settings, "99999999999999999999"), std::nullopt);
  EXPECT_EQ(partitions.set(settings, "10000"), std::nullopt);
  EXPECT_EQ(settings.topics.partitions, 10'000);
  const Field& ttl = *FindField("redis.batch_ttl");
  EXPECT_NE(ttl.set(settings, "90m"), std::nullopt) << "kept in whole hours";
  EXPECT_EQ(ttl.set(settings, "2d"), std::nullopt);
  EXPECT_EQ(settings.redis.batch_ttl, std::chrono::hours(48));
  const Field& replication = *FindField("topic.replication");
  EXPECT_EQ(replication.set(settings, "3"), std::nullopt);
  EXPECT_EQ(replication.set(settings, "broker"), std::nullopt);
  EXPECT_EQ(settings.topics.replication, -1);
}

TEST(FieldTable, KnowsTheStoresThatThereAre) {
  Settings settings;
  const Field& store = *FindField("store");
  for (const std::string good : {"sqlite:/a", "null:", "sqlite:a?delay=5ms"}) {
    EXPECT_EQ(store.set(settings, good), std::nullopt) << good;
    EXPECT_EQ(settings.worker.store, good);
  }
  for (const std::string bad : {"", "sqlite", ":x", "/a", "foo:bar", "sqlite:", "null:x",
                                "sqlite:a?delay=soon", "sqlite:a?dealy=5ms"}) {
    EXPECT_NE(store.set(settings, bad), std::nullopt) << bad;
  }
}

TEST(FieldTable, ChecksValuesAgainstEachOther) {
  Settings settings;
  settings.worker.retry_backoff = std::chrono::hours(1);
  settings.worker.lane_chunk_items_max = settings.worker.in_flight_items_max + 1;
  settings.worker.in_flight_bytes_max = 1;
  settings.topics.replication = 1;
  settings.topics.min_insync_replicas = 2;
  EXPECT_EQ(CheckTogether(settings).size(), 4u);
}

TEST(FieldTable, ShowsNoPassword) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"redis://h:1/2", "redis://h:1/2"},
      {"redis://ana:geheim@h:1/2", "redis://***@h:1/2"},
      {"redis://:ge@heim@h", "redis://***@h"},
      {"redis://:ge/heim@h", "redis://***"},
      {"redis://:ge?heim@h", "redis://***"},
      {"postgresql://ana:geheim@a:1,b:2/db?sslmode=require",
       "postgresql://***@a:1,b:2/db?sslmode=require"},
      {"postgresql:///db?password=geheim&user=ana", "postgresql:///db?password=***&user=ana"},
      {"postgresql:///db?user=ana&p%61ssword=geheim", "postgresql:///db?user=ana&p%61ssword=***"},
      {"postgresql://h/db?sslpassword=geheim", "postgresql://h/db?sslpassword=***"},
      {"sqlite:a.db?delay=5ms", "sqlite:a.db?delay=5ms"},
  };
  const Field& url = *FindField("redis.url");
  for (const auto& [given, shown] : cases) {
    SCOPED_TRACE(given);
    Settings settings;
    settings.redis.url = given;
    EXPECT_EQ(Shown(url, settings), shown);
  }
}

}  // namespace
}  // namespace headrace::config
