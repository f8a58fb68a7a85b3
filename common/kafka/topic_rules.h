// What each topic must be like, and what to say when it is not: pure, so that every case is a unit
// test.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/kafka/kafka_settings.h"
#include "common/kafka/topic_admin.h"

namespace headrace::kafka {

struct TopicRule {
  std::string name;
  bool compacted = false;
  std::chrono::milliseconds retention_min{0};  // 0: compacted topics keep what matters anyway
};

// All topics, in the order in which they are made.
std::vector<TopicRule> TopicRules(const TopicSettings& settings);

// The configuration that `topics create` gives to a new topic.
std::map<std::string, std::string> CreationConfig(const TopicRule& rule,
                                                  const TopicSettings& settings);

// What a broker says of a topic.
struct TopicDescription {
  int partitions = 0;
  int replication = 0;
  std::map<std::string, std::string> config;  // empty when describing it is forbidden to us
};

std::vector<TopicFinding> CompareTopic(const TopicRule& rule, const TopicSettings& settings,
                                       const std::string& brokers,
                                       const TopicDescription& description);

TopicFinding MissingTopic(const TopicRule& rule);

}  // namespace headrace::kafka
