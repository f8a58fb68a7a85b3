#include "common/config/worker_command_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace headrace::config {
namespace {

WorkerCommandLine Parse(std::vector<const char*> arguments, Environment environment = {}) {
  arguments.insert(arguments.begin(), "headrace-worker");
  return ParseWorkerCommandLine(static_cast<int>(arguments.size()), arguments.data(),
                                std::move(environment));
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(WorkerCommandLine, FillsSettings) {
  const WorkerCommandLine line =
      Parse({"--channel", "realtime", "--store=null:", "--redis", "redis://h", "--kafka-properties",
             "client.rack=1", "--kafka-properties", "sasl.username=2", "--log-level", "info",
             "--log-level", "error"},
            {{"HEADRACE_STORE", "sqlite:x"}, {"HEADRACE_NONSENSE", "x"}});
  ASSERT_EQ(line.exit_code, std::nullopt) << line.err;
  EXPECT_EQ(line.settings.worker.channel, Channel::kRealtime);
  EXPECT_EQ(line.settings.worker.store, "null:");
  EXPECT_EQ(line.settings.redis.url, "redis://h");
  EXPECT_EQ(line.settings.kafka.properties.size(), 2u);
  EXPECT_EQ(line.settings.log.level, log::Level::kError) << "the last flag wins";
  EXPECT_EQ(line.warnings.size(), 1u);
}

TEST(WorkerCommandLine, RefusesUnknownFlagsWithTheNearest) {
  const WorkerCommandLine line = Parse({"--chanel", "batch", "--kafka-broker=a:1"});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_TRUE(Contains(line.err, "unknown flag --chanel, did you mean --channel?")) << line.err;
  EXPECT_TRUE(Contains(line.err, "unknown flag --kafka-broker, did you mean --kafka-brokers?"));
}

TEST(WorkerCommandLine, SaysThatAFlagLacksItsValue) {
  const WorkerCommandLine line = Parse({"--store"});
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_TRUE(line.err.starts_with("headrace-worker: --store needs a value\n")) << line.err;
}

TEST(WorkerCommandLine, ASwitchMayStandAlone) {
  for (const std::vector<const char*>& given :
       {std::vector<const char*>{"--auto-migrate", "--store", "null:"},
        std::vector<const char*>{"--store", "null:", "--auto-migrate"},
        std::vector<const char*>{"--auto-migrate", "yes", "--store", "null:"},
        std::vector<const char*>{"--auto-migrate=yes", "--store=null:"}}) {
    const WorkerCommandLine line = Parse(given);
    ASSERT_EQ(line.exit_code, std::nullopt) << line.err;
    EXPECT_TRUE(line.settings.worker.auto_migrate);
    EXPECT_EQ(line.settings.worker.store, "null:");
  }
  EXPECT_FALSE(Parse({"--auto-migrate", "no"}).settings.worker.auto_migrate);
  for (const char* wrong : {"perhaps", ""}) {
    EXPECT_EQ(Parse({"--auto-migrate", wrong}).exit_code, 3) << wrong;
  }
}

TEST(WorkerCommandLine, QuotesNoUrl) {
  for (const std::vector<const char*>& given :
       {std::vector<const char*>{"postgresql://ana:geheim@h/db"},
        std::vector<const char*>{"--store", "null:", "postgresql://h/db?password=geheim"},
        std::vector<const char*>{"--auto-migrate", "postgresql://ana:geheim@h/db"},
        std::vector<const char*>{"--channel", "postgresql://ana:geheim@h/db"},
        std::vector<const char*>{"--postgresql://ana:geheim@h/db"}}) {
    const WorkerCommandLine line = Parse(given);
    EXPECT_TRUE(line.exit_code == 2 || line.exit_code == 3);
    EXPECT_TRUE(Contains(line.err, "postgresql://***")) << line.err;
    EXPECT_FALSE(Contains(line.err, "geheim")) << line.err;
  }
}

TEST(WorkerCommandLine, RefusesWhatOnlyTheOtherBinaryUses) {
  EXPECT_EQ(Parse({"--topic-partitions", "3"}).exit_code, 2);
  EXPECT_EQ(Parse({"load"}).exit_code, 2);
  // A file or an environment may be shared by both.
  EXPECT_EQ(Parse({}, {{"HEADRACE_TOPIC_PARTITIONS", "3"}}).exit_code, std::nullopt);
}

TEST(WorkerCommandLine, ReportsWrongSettings) {
  const WorkerCommandLine line = Parse({"--channel", "fast"}, {{"HEADRACE_DRAIN_TIMEOUT", "x"}});
  EXPECT_EQ(line.exit_code, 3);
  EXPECT_TRUE(Contains(line.err, "--channel: channel = \"fast\""));
  EXPECT_TRUE(Contains(line.err, "HEADRACE_DRAIN_TIMEOUT"));
  const WorkerCommandLine url = Parse({"--redis-url", "redis://:geheim@h:x"});
  EXPECT_EQ(url.exit_code, 3);
  EXPECT_TRUE(Contains(url.err, "--redis-url: redis.url: the port is not a number")) << url.err;
  EXPECT_FALSE(Contains(url.err, "geheim"));
}

TEST(WorkerCommandLine, HelpShowsItsSettingsWithVariablesAndDefaults) {
  const WorkerCommandLine line = Parse({"--help"}, {{"HEADRACE_LOG_LEVEL", "wrong"}});
  EXPECT_EQ(line.exit_code, 0);
  for (const std::string part :
       {"--store URL", "HEADRACE_DRAIN_TIMEOUT; default 30s", "--redis-url, --redis URL",
        "--config FILE", "--channel batch|realtime", "Must be a duration from 0 to 1h",
        "ndjson:DIR", "Exit codes: "}) {
    EXPECT_TRUE(Contains(line.out, part)) << part;
  }
  EXPECT_FALSE(Contains(line.out, "--topic-partitions"));
  std::istringstream lines(line.out);
  for (std::string text; std::getline(lines, text);) EXPECT_LE(text.size(), 100u) << text;
}

TEST(WorkerCommandLine, PrintsTheVersion) {
  EXPECT_EQ(Parse({"--version"}).exit_code, 0);
  EXPECT_TRUE(Parse({"--version"}).out.starts_with("headrace-worker "));
}

}  // namespace
}  // namespace headrace::config
