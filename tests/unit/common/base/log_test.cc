#include "common/base/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <functional>

namespace headrace {
namespace {

std::string Logged(const log::LogSettings& settings, const std::function<void()>& write) {
  log::Configure(settings);
  testing::internal::CaptureStderr();
  write();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesTextLines) {
  const std::string line = Logged({}, [] {
    log::Warn("broker_down", {{"broker", "127.0.0.1:9092"},
                              {"reason", "no \"route\"\nfound"},
                              {"empty", ""},
                              {"attempt", 3},
                              {"fatal", false}});
  });
  EXPECT_NE(line.find("warn"), std::string::npos);
  EXPECT_TRUE(
      line.ends_with("broker_down broker=127.0.0.1:9092 "
                     "reason=\"no \\\"route\\\"\\nfound\" empty=\"\" attempt=3 "
                     "fatal=false\n"))
      << line;
}

TEST(Log, HoldsBackWhatIsBelowItsLevel) {
  const std::string lines = Logged({.level = log::Level::kError}, [] {
    log::Debug("one");
    log::Info("two");
    log::Warn("three");
    log::Error("four");
  });
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1);
  EXPECT_NE(lines.find("four"), std::string::npos);
  EXPECT_EQ(Logged({.level = log::Level::kOff}, [] { log::Error("five"); }), "");
}

// Last, because the logger's pattern goes to JSON once and for all.
TEST(LogJson, WritesOneObjectALine) {
  const std::string line = Logged({.level = log::Level::kDebug, .format = log::Format::kJson}, [] {
    log::Debug("a \"b\"", {{"text", "x{}%v\n"}, {"count", 3}, {"flag", true}});
  });
  const auto object = nlohmann::json::parse(line, nullptr, false);
  ASSERT_TRUE(object.is_object()) << line;
  EXPECT_EQ(object["event"], "a \"b\"");
  EXPECT_EQ(object["level"], "debug");
  EXPECT_EQ(object["text"], "x{}%v\n");
  EXPECT_EQ(object["count"], 3);
  EXPECT_EQ(object["flag"], true);
  EXPECT_TRUE(object.contains("time"));
}

}  // namespace
}  // namespace headrace
