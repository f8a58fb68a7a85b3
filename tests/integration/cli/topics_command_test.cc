// `headrace topics` against the test run's broker, under a prefix of its own.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/config/settings_reader.h"
#include "tests/integration/cli/command_runner.h"

namespace headrace::testing {
namespace {

class TopicsCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    const config::Environment environment = config::ReadEnvironment();
    const auto broker = environment.find("HEADRACE_TEST_KAFKA");
    ASSERT_NE(broker, environment.end()) << "no broker: run this test with ctest, which starts one";
    environment_ = {{"HEADRACE_KAFKA_BROKERS", broker->second},
                    {"HEADRACE_TOPIC_PARTITIONS", "2"},
                    {"HEADRACE_TOPIC_PREFIX",
                     std::string("cli-") + std::to_string(getpid()) + "-" +
                         ::testing::UnitTest::GetInstance()->current_test_info()->name() + "."}};
  }

  CommandResult Topics(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "topics");
    return Headrace(std::move(arguments), environment_);
  }

  std::map<std::string, std::string> environment_;
};

TEST_F(TopicsCommand, CreatesWhatIsMissingAndChecksItGood) {
  const CommandResult before = Topics({"check"});
  EXPECT_EQ(before.exit_code, 3) << "missing topics must be refused";
  EXPECT_NE(before.out.find("fix: "), std::string::npos) << before.out;

  const CommandResult created = Topics({"create", "--json"});
  ASSERT_EQ(created.exit_code, 0) << created.err;
  const auto names = nlohmann::json::parse(created.out).at("created");
  EXPECT_NE(std::find(names.begin(), names.end(),
                      environment_.at("HEADRACE_TOPIC_PREFIX") + "items.batch"),
            names.end())
      << created.out;

  const CommandResult again = Topics({"create"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.out.find("there already"), std::string::npos) << again.out;

  const CommandResult after = Topics({"check", "--json"});
  EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
  EXPECT_EQ(nlohmann::json::parse(after.out).at("ok"), true);
}

TEST_F(TopicsCommand, RefusesTopicsThatForgetTooEarlyAndNamesTheFix) {
  ASSERT_EQ(Topics({"create", "--topic-batch-age", "1h"}).exit_code, 0);
  const CommandResult text = Topics({"check"});
  EXPECT_EQ(text.exit_code, 3);
  EXPECT_NE(text.out.find("retention"), std::string::npos) << text.out;
  const CommandResult json = Topics({"check", "--json"});
  EXPECT_EQ(json.exit_code, 3);
  const auto findings = nlohmann::json::parse(json.out);
  EXPECT_EQ(findings.at("ok"), false);
  for (const auto& finding : findings.at("findings")) {
    EXPECT_FALSE(finding.at("fix").get<std::string>().empty()) << finding;
  }
}

}  // namespace
}  // namespace headrace::testing
