#include "common/config/kafka_properties.h"

#include <gtest/gtest.h>

namespace headrace::config {
namespace {

struct Case {
  std::string name;
  std::string text;
  KafkaProperties expected;
};

TEST(KafkaProperties, ReadsPairs) {
  const std::vector<Case> cases{
      {"nothing", "", {}},
      {"one", "debug=broker", {{"debug", "broker"}}},
      {"two", "a=1,b.c=2", {{"a", "1"}, {"b.c", "2"}}},
      {"spaces", " a=1 , b=2 ", {{"a", "1"}, {"b", "2"}}},
      {"a comma inside a value", "debug=broker,topic,a=1", {{"debug", "broker,topic"}, {"a", "1"}}},
      {"an equals sign inside a value", "p=x=y", {{"p", "x=y"}}},
      {"an empty value", "a=,b=2", {{"a", ""}, {"b", "2"}}},
      {"lines", "a=1\nb=2,c=3\n\n# d=4\r\n", {{"a", "1"}, {"b", "2,c=3"}}},
      {"the last one wins", "a=1,a=2", {{"a", "2"}}},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const Result<KafkaProperties> properties = ParseKafkaProperties(test.text);
    ASSERT_TRUE(properties.ok());
    EXPECT_EQ(*properties, test.expected);
  }
}

TEST(KafkaProperties, RefusesWhatIsNoPairWithoutQuotingIt) {
  for (const std::string text : {"geheim", "=geheim", "a=1\ngeheim", ",geheim"}) {
    SCOPED_TRACE(text);
    const Result<KafkaProperties> properties = ParseKafkaProperties(text);
    ASSERT_FALSE(properties.ok());
    EXPECT_EQ(properties.error().message.find("geheim"), std::string::npos);
    EXPECT_NE(properties.error().message.find("key=value"), std::string::npos);
  }
}

TEST(KafkaProperties, FormatsWhatItReadsBack) {
  const KafkaProperties properties{{"a", "1,b=2"}, {"c", "d=e"}};
  EXPECT_EQ(*ParseKafkaProperties(FormatKafkaProperties(properties) + "\n"), properties);
}

TEST(KafkaProperties, GuardsWhatThePromiseNeeds) {
  for (const std::string key :
       {"acks", "request.required.acks", "enable.idempotence", "partitioner", "enable.auto.commit",
        "enable.auto.offset.store", "bootstrap.servers", "metadata.broker.list", "group.id",
        "auto.offset.reset", "topic.acks", "retries", "message.max.bytes"}) {
    SCOPED_TRACE(key);
    EXPECT_TRUE(GuardedKafkaProperty(key).has_value());
  }
  for (const std::string key : {"security.protocol", "sasl.password", "ssl.ca.location", "debug",
                                "linger.ms", "compression.type", "client.rack"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(GuardedKafkaProperty(key), std::nullopt);
  }
}

TEST(KafkaProperties, SaysWhatIsWrongWithAPair) {
  struct WrongCase {
    std::string key, value, said;
  };
  const std::vector<WrongCase> cases{
      {"acks", "1", "acks is guarded"},
      {"sasl.usrname", "x", "no property sasl.usrname, did you mean sasl.username?"},
      {"no.such.thing.at.all", "x", "librdkafka has no property no.such.thing.at.all"},
      {"security.protocol", "sassl", "Invalid value \"sassl\""},
      {"socket.timeout.ms", "soon", "socket.timeout.ms"},
  };
  for (const WrongCase& test : cases) {
    SCOPED_TRACE(test.key);
    const auto wrong = WrongKafkaProperty(test.key, test.value);
    ASSERT_TRUE(wrong.has_value());
    EXPECT_NE(wrong->find(test.said), std::string::npos) << *wrong;
  }
  EXPECT_EQ(WrongKafkaProperty("sasl.password", "geheim"), std::nullopt);
  EXPECT_EQ(WrongKafkaProperty("socket.timeout.ms", "5000"), std::nullopt);
}

TEST(KafkaProperties, MasksSecretsOnly) {
  const KafkaProperties masked = MaskKafkaProperties({{"sasl.password", "geheim"},
                                                      {"ssl.key.password", "geheim"},
                                                      {"ssl.key.pem", "geheim"},
                                                      {"sasl.oauthbearer.client.secret", "geheim"},
                                                      {"sasl.username", "ana"}});
  for (const auto& [key, value] : masked) {
    SCOPED_TRACE(key);
    EXPECT_EQ(value, key == "sasl.username" ? "ana" : "***");
  }
}

}  // namespace
}  // namespace headrace::config
