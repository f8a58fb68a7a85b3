#include "common/config/settings_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace headrace::config {
namespace {

// Files of one test, removed at its end.
class SettingsReader : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("headrace-config-" + std::to_string(getpid()) + "-" + test->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::filesystem::path folder_;
};

std::string AllMistakes(const SettingsReading& reading) {
  return reading.status().ok() ? "" : reading.status().error().message;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(SettingsReader, UsesDefaultsWhenNothingIsGiven) {
  const SettingsReading reading = ReadSettings({});
  EXPECT_EQ(AllMistakes(reading), "");
  EXPECT_TRUE(reading.warnings.empty());
  EXPECT_EQ(reading.settings.kafka.brokers, kafka::KafkaSettings{}.brokers);
  EXPECT_FALSE(reading.settings.metrics_listen_explicit);
  EXPECT_TRUE(reading.origins.empty());
}

TEST_F(SettingsReader, PrefersFlagsToEnvironmentToFile) {
  SettingsSources sources;
  sources.config_path = Write(
      "a.toml", "project = \"file\"\n[topic]\nprefix = \"file.\"\n[redis]\nprefix = \"file:\"\n");
  sources.environment = {{"HEADRACE_PROJECT", "env"}, {"HEADRACE_TOPIC_PREFIX", "env."}};
  sources.flags = {{"project", "flag", "--project"}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(AllMistakes(reading), "");
  EXPECT_EQ(reading.settings.project, "flag");
  EXPECT_EQ(reading.settings.topics.prefix, "env.");
  EXPECT_EQ(reading.settings.redis.prefix, "file:");
  EXPECT_EQ(reading.origins.at("project"), "--project");
  EXPECT_EQ(reading.origins.at("topic.prefix"), "HEADRACE_TOPIC_PREFIX");
  EXPECT_EQ(reading.origins.at("redis.prefix"), sources.config_path + ":5:10");
}

TEST_F(SettingsReader, TakesTheFileFromTheEnvironmentUnlessAFlagNamesOne) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_CONFIG", Write("a.toml", "project = \"env\"")}};
  EXPECT_EQ(ReadSettings(sources).settings.project, "env");
  sources.config_path = Write("b.toml", "project = \"flag\"");
  EXPECT_EQ(ReadSettings(sources).settings.project, "flag");
}

TEST_F(SettingsReader, ReportsAllMistakesOfAllSourcesTogether) {
  SettingsSources sources;
  sources.config_path = Write("a.toml", "stoer = \"x\"\n[topic]\npartitions = 0\n");
  sources.environment = {{"HEADRACE_DRAIN_TIMEOUT", "soon"},
                         {"HEADRACE_KAFKA_PROPERTIES", "acks=1,partitioner=random"}};
  sources.flags = {{"log.level", "loud", "--log-level"}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(reading.mistakes.size(), 5u);
  const std::string text = AllMistakes(reading);
  for (const std::string part :
       {"5 settings are wrong", "a.toml:1:1: there is no setting stoer, did you mean store?",
        "a.toml:3:14: topic.partitions = \"0\": must be a whole number from 1 to 10000",
        "HEADRACE_DRAIN_TIMEOUT: drain_timeout = \"soon\": must be a duration",
        "HEADRACE_KAFKA_PROPERTIES: kafka.properties: acks is guarded", "partitioner is guarded",
        "--log-level: log.level = \"loud\": must be one of debug, info, warn or error"}) {
    EXPECT_TRUE(Contains(text, part)) << part << "\nin\n" << text;
  }
}

TEST_F(SettingsReader, ReportsAMistakeEvenWhenAStrongerSourceCoversIt) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_LOG_LEVEL", "loud"}};
  sources.flags = {{"log.level", "debug", "--log-level"}};
  EXPECT_EQ(ReadSettings(sources).mistakes.size(), 1u);
}

TEST_F(SettingsReader, ReadsSecretsFromFiles) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_REDIS_URL_FILE", Write("url", "redis://:geheim@h\r\n\n")},
                         {"HEADRACE_KAFKA_PROPERTIES_FILE",
                          Write("properties", "sasl.password=a,b=c\nclient.rack=y\n")}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(AllMistakes(reading), "");
  EXPECT_EQ(reading.settings.redis.url, "redis://:geheim@h");
  EXPECT_EQ(reading.settings.kafka.properties.at("sasl.password"), "a,b=c");
}

TEST_F(SettingsReader, RefusesAVariableInBothForms) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_REDIS_URL", "redis://h"},
                         {"HEADRACE_REDIS_URL_FILE", Write("url", "redis://h")}};
  EXPECT_TRUE(Contains(AllMistakes(ReadSettings(sources)),
                       "given twice, by HEADRACE_REDIS_URL and HEADRACE_REDIS_URL_FILE"));
}

TEST_F(SettingsReader, NamesASecretFileThatCannotBeRead) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_REDIS_URL_FILE", "/nowhere/url"}};
  const std::string text = AllMistakes(ReadSettings(sources));
  EXPECT_TRUE(Contains(text, "HEADRACE_REDIS_URL_FILE (/nowhere/url)")) << text;
  EXPECT_TRUE(Contains(text, "No such file")) << text;
}

TEST_F(SettingsReader, NeverShowsASecretInAMistake) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_REDIS_URL", "http://:geheim@h"},
                         {"HEADRACE_STORE", "geheim"},
                         {"HEADRACE_KAFKA_PROPERTIES", "acks=geheim"}};
  sources.config_path = Write("a.toml", "[kafka.properties]\nretries = \"geheim\"\n");
  sources.flags = {{"kafka.properties", "geheim", "--kafka-properties"}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(reading.mistakes.size(), 5u);
  EXPECT_FALSE(Contains(AllMistakes(reading), "geheim")) << AllMistakes(reading);
}

TEST_F(SettingsReader, OnlyWarnsOfUnknownVariables) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_KAFKA_BROKER", "x"},
                         {"HEADRACE_REDIS_PORT_6379_TCP", "tcp://10.0.0.1:6379"},
                         {"HEADRACE_REDIS_SERVICE_HOST", "10.0.0.1"},
                         {"HEADRACE_REDIS_PORT", "tcp://10.0.0.1:6379"},
                         {"HEADRACE_BIN_DIR", "/x"},
                         {"OTHER", "y"}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(AllMistakes(reading), "");
  ASSERT_EQ(reading.warnings.size(), 3u);
  EXPECT_EQ(reading.warnings[0], "variable HEADRACE_BIN_DIR is not a setting and has no effect");
  EXPECT_TRUE(Contains(reading.warnings[1],
                       "HEADRACE_KAFKA_BROKER is not a setting and has no effect, did you mean "
                       "HEADRACE_KAFKA_BROKERS?"));
  EXPECT_TRUE(Contains(reading.warnings[2], "service links"));
  EXPECT_TRUE(Contains(reading.warnings[2], "3 HEADRACE_"));
}

TEST_F(SettingsReader, TakesAnEmptyVariableAsUnset) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_LOG_LEVEL", ""}, {"HEADRACE_CONFIG", ""}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(AllMistakes(reading), "");
  EXPECT_TRUE(reading.origins.empty());
}

TEST_F(SettingsReader, MergesPropertiesKeyByKey) {
  SettingsSources sources;
  sources.config_path =
      Write("a.toml", "[kafka.properties]\nclient.rack = \"file\"\nsasl.username = \"file\"\n");
  sources.environment = {{"HEADRACE_KAFKA_PROPERTIES", "sasl.username=env,ssl.ca.location=env"}};
  sources.flags = {{"kafka.properties", "ssl.ca.location=flag", "--kafka-properties"},
                   {"kafka.properties", "ssl.key.location=flag", "--kafka-properties"}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(AllMistakes(reading), "");
  EXPECT_EQ(reading.settings.kafka.properties,
            (std::map<std::string, std::string>{{"client.rack", "file"},
                                                {"sasl.username", "env"},
                                                {"ssl.ca.location", "flag"},
                                                {"ssl.key.location", "flag"}}));
  EXPECT_EQ(reading.origins.at("kafka.properties.sasl.username"), "HEADRACE_KAFKA_PROPERTIES");
  EXPECT_EQ(reading.origins.at("kafka.properties.ssl.ca.location"), "--kafka-properties");
}

TEST_F(SettingsReader, FindsWrongStoresAndPropertiesWithTheOtherMistakes) {
  SettingsSources sources;
  sources.config_path =
      Write("a.toml", "[kafka.properties]\nsasl.usrname = \"x\"\nsecurity.protocol = \"sassl\"\n");
  sources.environment = {{"HEADRACE_STORE", "foo:bar"},
                         {"HEADRACE_KAFKA_PROPERTIES", "clinet.rack=r,sasl.mechanism=PLAIN"}};
  sources.flags = {{"log.level", "loud", "--log-level"}};
  const SettingsReading reading = ReadSettings(sources);
  EXPECT_EQ(reading.mistakes.size(), 5u);
  const std::string text = AllMistakes(reading);
  for (const std::string part :
       {"HEADRACE_STORE: store: there is no store \"foo\"; there are sqlite:PATH, postgresql://",
        "a.toml:2:6: kafka.properties", "did you mean sasl.username?",
        "a.toml:3:10: kafka.properties", "did you mean client.rack?", "--log-level"}) {
    EXPECT_TRUE(Contains(text, part)) << part << "\nin\n" << text;
  }
}

TEST_F(SettingsReader, RemembersWhetherTheMetricsAddressWasAskedFor) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_METRICS_LISTEN", "127.0.0.1:9464"}};
  EXPECT_TRUE(ReadSettings(sources).settings.metrics_listen_explicit);
}

TEST_F(SettingsReader, ChecksValuesAgainstEachOtherOnceEachIsRight) {
  SettingsSources sources;
  sources.environment = {{"HEADRACE_WORKER_RETRY_BACKOFF", "1m"}};
  EXPECT_TRUE(Contains(AllMistakes(ReadSettings(sources)), "worker.retry_backoff (1m)"));
  sources.environment["HEADRACE_WORKER_RETRY_BACKOFF_MAX"] = "2m";
  EXPECT_EQ(AllMistakes(ReadSettings(sources)), "");
}

}  // namespace
}  // namespace headrace::config
