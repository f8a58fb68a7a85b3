#include "common/config/field_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headrace::config {
namespace {

struct RuleCase {
  const char* name;
  bool (*rule)(std::string_view);
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(FieldRules, TellGoodFromBad) {
  const std::vector<RuleCase> cases{
      {"brokers",
       IsBrokerList,
       {"a:9092", "a:9092,b:1", "a:1, b:2", "[::1]:9092", "10.0.0.1:65535"},
       {"", "a", "a:", ":9092", "a:0", "a:65536", "a:1,", "a:9x", "a b:1", "::1:9092"}},
      {"listen address",
       IsListenAddress,
       {"127.0.0.1:0", "0.0.0.0:9464", "[::]:9464"},
       {"", "9464", ":9464", "a:-1", "a:65536"}},
      {"project",
       IsProjectName,
       {"default", "a-1", std::string(64, 'a')},
       {"", "A", "a_b", "a/b", std::string(65, 'a')}},
      {"topic prefix", IsTopicPrefix, {"", "a.b_C-1"}, {"a/b", "a b", std::string(201, 'a')}},
      {"key prefix", IsKeyPrefix, {"", "hr:"}, {"{a}", "a b", "ä"}},
  };
  for (const RuleCase& test : cases) {
    SCOPED_TRACE(test.name);
    for (const std::string& text : test.good) EXPECT_TRUE(test.rule(text)) << text;
    for (const std::string& text : test.bad) EXPECT_FALSE(test.rule(text)) << text;
  }
}

}  // namespace
}  // namespace headrace::config
