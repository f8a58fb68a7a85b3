#include "producer/cli/program.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace headrace::cli {
namespace {

struct Outcome {
  ExitCode code;
  std::string out;
  std::string err;
};

Outcome Headrace(std::vector<const char*> arguments, config::Environment environment = {}) {
  arguments.insert(arguments.begin(), "headrace");
  std::istringstream in;
  std::ostringstream out, err;
  const ExitCode code = RunProgram(static_cast<int>(arguments.size()), arguments.data(),
                                   std::move(environment), {in, out, err});
  return {code, out.str(), err.str()};
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Program, ExplainsItselfWhenNothingIsAsked) {
  const Outcome run = Headrace({});
  EXPECT_EQ(run.code, ExitCode::kUsage);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(Contains(run.err, "topics create|check"));
  const Outcome group = Headrace({"topics"});
  EXPECT_EQ(group.code, ExitCode::kUsage);
  EXPECT_TRUE(group.err.starts_with("headrace: a command is missing\n")) << group.err;
}

TEST(Program, KeepsSettingsOutOfHelpUntilTheyAreAskedFor) {
  EXPECT_FALSE(Contains(Headrace({"--help"}).out, "HEADRACE_REDIS_PREFIX"));
  EXPECT_TRUE(Contains(Headrace({"--help-all"}).out, "HEADRACE_REDIS_PREFIX; default hr:"));
  const Outcome command = Headrace({"topics", "check", "--help"});
  EXPECT_EQ(command.code, ExitCode::kOk);
  EXPECT_TRUE(Contains(command.out, "headrace topics check"));
  EXPECT_FALSE(Contains(command.out, "HEADRACE_REDIS_PREFIX"));
}

TEST(Program, NamesTheNearestCommandAndFlag) {
  struct Case {
    std::vector<const char*> arguments;
    std::string expected;
  };
  const std::vector<Case> cases{
      {{"topisc"}, "unknown command topisc, did you mean topics?"},
      {{"topics", "chek"}, "unknown command chek, did you mean check?"},
      {{"version", "--jsn"}, "unknown flag --jsn, did you mean --json?"},
      {{"topics", "check", "--kafka-broker=x"},
       "unknown flag --kafka-broker, did you mean --kafka-brokers?"},
      {{"version", "--topic-prefx", "x"},
       "unknown flag --topic-prefx, did you mean --topic-prefix?"},
      {{"version", "extra"}, "unexpected argument extra"},
      {{"version", "topics"}, "unexpected argument topics"},
      {{"topics", "create", "check"}, "unexpected argument check"},
      {{"version", "--log-level"}, "--log-level needs a value"},
      {{"dead-letters", "replay", "--code"}, "--code needs a value"},
      {{"dead-letters", "replay", "--code", ""}, "--code: it is empty"},
      {{"dead-letters", "replay", "--batch", ""}, "--batch: it is empty"},
      {{"dead-letters", "replay", "--code", "a", "--code", "b"}, "--code is given more than once"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.expected);
    const Outcome run = Headrace(test.arguments);
    EXPECT_EQ(run.code, ExitCode::kUsage);
    EXPECT_TRUE(Contains(run.err, test.expected)) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

TEST(Program, StopsBeforeACommandThatNeedsSettingsWhichAreWrong) {
  const Outcome run =
      Headrace({"schema", "item", "--log-level", "loud"}, {{"HEADRACE_PROJECT", "A"}});
  EXPECT_EQ(run.code, ExitCode::kSettings);
  EXPECT_TRUE(Contains(run.err, "--log-level"));
  EXPECT_TRUE(Contains(run.err, "HEADRACE_PROJECT"));
  EXPECT_EQ(Headrace({"version"}, {{"HEADRACE_PROJECT", "A"}}).code, ExitCode::kOk);
}

TEST(Program, WarnsOfUnknownVariablesAndGoesOn) {
  const Outcome run = Headrace({"schema", "item"}, {{"HEADRACE_STOER", "x"}});
  EXPECT_EQ(run.code, ExitCode::kOk);
  EXPECT_TRUE(Contains(run.err, "HEADRACE_STOER is not a setting"));
}

TEST(Program, ConfigCheckShowsValuesAndOriginsButNoPassword) {
  const Outcome run =
      Headrace({"config", "check", "--topic-prefix", "p."},
               {{"HEADRACE_REDIS_URL", "redis://:geheim@h:1"},
                {"HEADRACE_KAFKA_PROPERTIES", "sasl.password=geheim,client.rack=r1"}});
  EXPECT_EQ(run.code, ExitCode::kOk);
  EXPECT_FALSE(Contains(run.out + run.err, "geheim"));
  for (const std::string line :
       {"redis.url = \"redis://***@h:1\"  # HEADRACE_REDIS_URL",
        "topic.prefix = \"p.\"  # --topic-prefix",
        "kafka.properties.client.rack = \"r1\"  # HEADRACE_KAFKA_PROPERTIES",
        "kafka.properties.sasl.password = \"***\"", "redis.prefix = \"hr:\"  # default"}) {
    EXPECT_TRUE(Contains(run.out, line)) << line << " in\n" << run.out;
  }
}

TEST(Program, ConfigCheckPrintsJson) {
  const auto good = nlohmann::json::parse(Headrace({"config", "check", "--json"}).out);
  EXPECT_EQ(good.at("ok"), true);
  EXPECT_EQ(good.at("settings").at("redis.prefix").at("value"), "hr:");
  const Outcome bad = Headrace({"config", "check", "--json", "--log-level", "\"loud\""});
  EXPECT_EQ(bad.code, ExitCode::kSettings);
  const auto wrong = nlohmann::json::parse(bad.out);
  EXPECT_EQ(wrong.at("ok"), false);
  EXPECT_EQ(wrong.at("mistakes").at(0).at("origin"), "--log-level");
}

TEST(Program, SaysWhenStandardOutputCannotBeWritten) {
  std::istringstream in;
  std::ostringstream out, err;
  out.setstate(std::ios::badbit);
  const char* arguments[] = {"headrace", "version"};
  EXPECT_EQ(RunProgram(2, arguments, {}, {in, out, err}), ExitCode::kInternal);
  EXPECT_TRUE(Contains(err.str(), "standard output"));
}

}  // namespace
}  // namespace headrace::cli
