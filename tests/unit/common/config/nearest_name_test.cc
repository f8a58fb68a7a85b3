#include "common/config/nearest_name.h"

#include <gtest/gtest.h>

namespace headrace::config {
namespace {

const std::vector<std::string> kNames{"kafka.brokers", "kafka.properties", "redis.url", "store"};

TEST(NearestName, FindsWhatWasMistyped) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"kafka.broker", "kafka.brokers"},
      {"kafak.brokers", "kafka.brokers"},
      {"redis.ulr", "redis.url"},
      {"stoer", "store"},
      {"kafka.propertys", "kafka.properties"},
  };
  for (const auto& [typed, meant] : cases) {
    SCOPED_TRACE(typed);
    EXPECT_EQ(NearestName(typed, kNames), meant);
  }
}

TEST(NearestName, GuessesNothingForStrangers) {
  EXPECT_EQ(NearestName("completely.different", kNames), std::nullopt);
  EXPECT_EQ(NearestName("x", {"ab"}), std::nullopt);
  EXPECT_EQ(NearestName("x", {}), std::nullopt);
}

TEST(NearestName, CountsASwapAsOneMistake) {
  // "urls" is one insertion from "url", "ulr" one swap: both beat two replacements.
  EXPECT_EQ(NearestName("ulr", {"abr", "url"}), "url");
}

TEST(NearestName, MakesTheEndOfASentence) {
  EXPECT_EQ(DidYouMean("stor", kNames), ", did you mean store?");
  EXPECT_EQ(DidYouMean("completely.different", kNames), "");
}

}  // namespace
}  // namespace headrace::config
