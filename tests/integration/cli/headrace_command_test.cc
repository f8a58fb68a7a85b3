#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/integration/cli/command_runner.h"

namespace headrace::testing {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(HeadraceCommand, KeepsDataAndComplaintsApart) {
  const CommandResult help = Headrace({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(Contains(help.out, "Examples:"));
  EXPECT_EQ(help.err, "");
  const CommandResult nothing = Headrace({});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.out, "");
}

TEST(HeadraceCommand, EndsWithTheDocumentedCodes) {
  struct Case {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;
    int exit_code;
    std::string said;
  };
  const std::vector<Case> cases{
      {{"version"}, {}, 0, ""},
      {{"topics", "check", "--kafka-brokrs", "x"}, {}, 2, "did you mean --kafka-brokers?"},
      {{"topics", "check"}, {{"HEADRACE_KAFKA_BROKERS", "nowhere"}}, 3, "HEADRACE_KAFKA_BROKERS"},
      {{"topics", "check"}, {{"HEADRACE_KAFKA_PROPERTIES", "acks=1"}}, 3, "acks is guarded"},
      {{"topics", "check", "--config", "/nowhere/a.toml"}, {}, 3, "/nowhere/a.toml"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.said);
    const CommandResult result = Headrace(test.arguments, test.environment);
    EXPECT_EQ(result.exit_code, test.exit_code);
    EXPECT_TRUE(Contains(result.err, test.said)) << result.err;
  }
}

TEST(HeadraceCommand, SaysWithinTenSecondsThatNoBrokerAnswers) {
  for (const std::string verb : {"create", "check"}) {
    SCOPED_TRACE(verb);
    const auto start = std::chrono::steady_clock::now();
    // Port 1 of this host: nothing listens there, and the kernel says so at once.
    const CommandResult result = Headrace({"topics", verb, "--kafka-brokers", "127.0.0.1:1"});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_TRUE(Contains(result.err, "127.0.0.1:1")) << result.err;
    EXPECT_TRUE(Contains(result.err, "HEADRACE_KAFKA_BROKERS")) << "the remedy";
    EXPECT_EQ(result.out, "");
  }
}

TEST(HeadraceCommand, PrintsSchemasThatAreJson) {
  for (const std::string record : {"item", "outcome"}) {
    SCOPED_TRACE(record);
    const CommandResult result = Headrace({"schema", record});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto schema = nlohmann::json::parse(result.out, nullptr, false);
    ASSERT_TRUE(schema.is_object()) << result.out;
    EXPECT_EQ(schema.value("$schema", ""), "https://json-schema.org/draft/2020-12/schema");
  }
  const std::string usual = Headrace({"schema", "item"}).out;
  const std::string longer = Headrace({"schema", "item", "--limits-data-chars-max", "77777"}).out;
  EXPECT_FALSE(Contains(usual, "77777"));
  EXPECT_TRUE(Contains(longer, "77777")) << "the limits in force belong into the schema";
}

TEST(HeadraceCommand, PrintsItsOwnExampleAndReference) {
  EXPECT_TRUE(Contains(Headrace({"config", "example"}).out, "[kafka.properties]"));
  EXPECT_TRUE(Contains(Headrace({"config", "reference"}).out, "`HEADRACE_REDIS_URL`"));
}

TEST(HeadraceCommand, FailsWhenItsOutputCannotBeWritten) {
  const CommandResult result =
      RunCommand({"bash", "-c", std::string(HEADRACE_BINARY) + " config reference > /dev/full"});
  EXPECT_EQ(result.exit_code, 70) << result.err;
}

}  // namespace
}  // namespace headrace::testing
