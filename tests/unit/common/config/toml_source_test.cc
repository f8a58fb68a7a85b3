#include "common/config/toml_source.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace headrace::config {
namespace {

std::string FirstMistake(const TomlReading& reading) {
  return reading.mistakes.empty() ? ""
                                  : reading.mistakes[0].origin + ": " + reading.mistakes[0].message;
}

TEST(TomlSource, GivesValuesTheirPlace) {
  const TomlReading reading = ParseToml("store = \"null:\"\n[topic]\n  partitions = 3\n", "a.toml");
  EXPECT_EQ(FirstMistake(reading), "");
  ASSERT_EQ(reading.values.size(), 2u);
  const auto partitions =
      std::find_if(reading.values.begin(), reading.values.end(),
                   [](const RawValue& value) { return value.name == "topic.partitions"; });
  ASSERT_NE(partitions, reading.values.end());
  EXPECT_EQ(partitions->text, "3");
  EXPECT_EQ(partitions->origin, "a.toml:3:16");
}

TEST(TomlSource, ReadsPropertiesWithAndWithoutQuotes) {
  const TomlReading reading = ParseToml(
      "[kafka.properties]\nsasl.username = \"a,b=c\"\n\"ssl.key.pem\" = '''x\ny'''\n"
      "enable.ssl.certificate.verification = false\n",
      "a.toml");
  EXPECT_EQ(FirstMistake(reading), "");
  std::map<std::string, std::string> entries;
  for (const RawValue& value : reading.values) {
    EXPECT_EQ(value.name, "kafka.properties");
    entries[value.key] = value.text;
  }
  EXPECT_EQ(entries,
            (std::map<std::string, std::string>{{"sasl.username", "a,b=c"},
                                                {"ssl.key.pem", "x\ny"},
                                                {"enable.ssl.certificate.verification", "false"}}));
}

TEST(TomlSource, NamesMistakesWithLineAndColumn) {
  struct Case {
    std::string text;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"[kafka]\nbroker = \"a:1\"\n",
       "a.toml:2:1: there is no setting kafka.broker, did you mean kafka.brokers?"},
      {"\n[kafkaa]\n", "a.toml:2:2: there is no table kafkaa, did you mean kafka?"},
      {"zzzzzzzz = 1\n", "a.toml:1:1: there is no setting zzzzzzzz"},
      {"store = 1.5\n", "a.toml:1:9: store: must be a string or a whole number"},
      {"store = [\"a\"]\n", "a.toml:1:9: store: must be a string or a whole number"},
      {"[store]\nx = 1\n", "a.toml:1:1: store: must be a string or a whole number"},
      {"store = = 1\n", "a.toml:1:9: not TOML: "},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.text);
    EXPECT_TRUE(FirstMistake(ParseToml(test.text, "a.toml")).starts_with(test.expected))
        << FirstMistake(ParseToml(test.text, "a.toml"));
  }
}

TEST(TomlSource, SaysWhyAFileCannotBeRead) {
  EXPECT_NE(FirstMistake(ReadTomlFile("/nowhere/a.toml")).find("No such file"), std::string::npos);
  EXPECT_NE(FirstMistake(ReadTomlFile("/")).find("is a directory"), std::string::npos);
}

}  // namespace
}  // namespace headrace::config
