#include "common/kafka/topic_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headrace::kafka {
namespace {

using Severity = TopicFinding::Severity;

TopicRule ItemsRule() {
  for (const TopicRule& rule : TopicRules({})) {
    if (rule.name == "headrace.items.batch") return rule;
  }
  return {};
}

TopicDescription Perfect(const TopicRule& rule) {
  TopicDescription description{
      .partitions = 24, .replication = 3, .config = CreationConfig(rule, {})};
  description.config["min.insync.replicas"] = "2";
  description.config["unclean.leader.election.enable"] = "false";
  description.config["max.message.bytes"] = "1048588";
  return description;
}

TEST(TopicRules, AcceptWhatTopicsCreateMakes) {
  for (const TopicRule& rule : TopicRules({})) {
    SCOPED_TRACE(rule.name);
    EXPECT_TRUE(CompareTopic(rule, {}, "b:9092", Perfect(rule)).empty());
  }
}

TEST(TopicRules, KeepStagingAsLongAsDraftAndBatchTogether) {
  const TopicSettings settings;
  const auto rules = TopicRules(settings);
  EXPECT_EQ(rules.front().name, "headrace.staging");
  EXPECT_EQ(rules.front().retention_min,
            settings.draft_age + settings.batch_age + std::chrono::hours(48));
}

struct Case {
  const char* name;
  const char* config;
  const char* value;
  Severity severity;
};

TEST(TopicRules, NameEverySettingThatIsWrong) {
  const Case cases[] = {
      {"event-time stamps", "message.timestamp.type", "CreateTime", Severity::kRefused},
      {"short retention", "retention.ms", "3600000", Severity::kRefused},
      {"size-bound retention", "retention.bytes", "1000000", Severity::kRefused},
      {"compacted items", "cleanup.policy", "compact", Severity::kRefused},
      {"unclean election", "unclean.leader.election.enable", "true", Severity::kRefused},
      {"small messages", "max.message.bytes", "100000", Severity::kRefused},
      {"single in-sync replica", "min.insync.replicas", "1", Severity::kWarning},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const TopicRule rule = ItemsRule();
    TopicDescription description = Perfect(rule);
    description.config[c.config] = c.value;
    const auto findings = CompareTopic(rule, {}, "b:9092", description);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].severity, c.severity);
    EXPECT_EQ(findings[0].topic, "headrace.items.batch");
    EXPECT_NE(findings[0].message.find(c.config), std::string::npos);
    EXPECT_FALSE(findings[0].fix.empty());
    if (c.severity == Severity::kRefused) {
      EXPECT_NE(findings[0].fix.find("--entity-name headrace.items.batch --add-config " +
                                     std::string(c.config) + "="),
                std::string::npos);
    }
  }
}

TEST(TopicRules, TakeUnlimitedRetention) {
  const TopicRule rule = ItemsRule();
  TopicDescription description = Perfect(rule);
  description.config["retention.ms"] = "-1";
  EXPECT_TRUE(CompareTopic(rule, {}, "b:9092", description).empty());
}

TEST(TopicRules, OnlyWarnOfAnotherPartitionCountAndOfHiddenConfiguration) {
  TopicDescription description{.partitions = 3, .replication = 3, .config = {}};
  const auto findings = CompareTopic(ItemsRule(), {}, "b:9092", description);
  ASSERT_EQ(findings.size(), 2u);
  for (const TopicFinding& finding : findings) EXPECT_EQ(finding.severity, Severity::kWarning);
}

TEST(TopicRules, SendTheOwnerOfAMissingTopicToTopicsCreate) {
  const TopicFinding finding = MissingTopic(ItemsRule());
  EXPECT_EQ(finding.severity, Severity::kRefused);
  EXPECT_EQ(finding.fix, "headrace topics create");
}

TEST(TopicRules, JoinFindingsThatDifferInTheTopicAlone) {
  std::vector<TopicFinding> findings;
  for (const TopicRule& rule : TopicRules({})) findings.push_back(MissingTopic(rule));
  findings.push_back({Severity::kWarning, "headrace.outcomes", "is odd", "mend it"});
  const auto joined = JoinFindings(findings);
  ASSERT_EQ(joined.size(), 2u);
  EXPECT_EQ(joined[0].topic,
            "headrace.staging, headrace.items.batch, headrace.items.realtime, headrace.outcomes, "
            "headrace.journal, headrace.dead-letters");
  EXPECT_EQ(joined[1].topic, "headrace.outcomes");
}

}  // namespace
}  // namespace headrace::kafka
