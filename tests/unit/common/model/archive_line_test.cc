#include "common/model/archive_line.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

ArchiveMark AMark() {
  ArchiveMark mark;
  mark.written_at = Timestamp(std::chrono::microseconds(1'700'000'000'123'456));
  mark.graph = {"default", GraphKind::kUser, "a \"}{\\ ü"};
  mark.ref = {*BatchId::Parse("6f1f5c3e-8f0e-4d57-9a3c-b5d000000000"), 7, 2};
  mark.episode = Uuid::Random();
  mark.accepted_at = Timestamp(std::chrono::milliseconds(1'600'000'000'001));
  mark.incarnation = 3;
  mark.skip = true;
  return mark;
}

std::string LineOf(std::string_view item) {
  std::string line;
  AppendArchiveLine(AMark(), item, line);
  EXPECT_EQ(line.back(), '\n');
  line.pop_back();
  return line;
}

TEST(ArchiveLine, GivesTheItemBackByteForByte) {
  const std::string item = R"({"type":"x", "data":"a \"}{ b\\n 🌊" })";
  const auto parsed = ParseArchiveLine(LineOf(item));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->item, item);
}

TEST(ArchiveLine, GivesEveryFieldOfTheMarkBack) {
  const ArchiveMark mark = AMark();
  std::string line;
  AppendArchiveLine(mark, R"({"a":1})", line);
  const auto parsed = ParseArchiveMark(line);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->written_at, mark.written_at);
  EXPECT_EQ(parsed->graph, mark.graph);
  EXPECT_EQ(parsed->episode, mark.episode);
  EXPECT_EQ(parsed->ref, mark.ref);
  EXPECT_EQ(parsed->accepted_at, mark.accepted_at);
  EXPECT_EQ(parsed->incarnation, 3u);
  EXPECT_TRUE(parsed->skip);
  EXPECT_FALSE(parsed->erased_below);
}

TEST(ArchiveLine, IsOneLineWhateverTheItemsLayout) {
  const std::string line = LineOf(" \n{\r\n\"a\":1\n}\n");
  EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(ParseArchiveLine(line)->item, "{  \"a\":1 } ");
}

TEST(ArchiveLine, RecordsAnErase) {
  ArchiveMark mark = AMark();
  mark.erased_below = 5;
  std::string line;
  AppendEraseLine(mark, line);
  const auto parsed = ParseArchiveLine(line);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->mark.erased_below, 5u);
  EXPECT_EQ(parsed->mark.graph, mark.graph);
  EXPECT_EQ(parsed->item, "");
}

TEST(ArchiveLine, RefusesWhatIsNone) {
  const std::string good = LineOf(R"({"a":1})");
  std::string newer = good;
  newer.replace(newer.find("\"v\":1"), 5, "\"v\":2");
  const std::string bad[] = {"",
                             "{}",
                             R"({"type":"graph_episode"})",
                             R"({"headrace_archive":7,"a":1})",
                             R"({"headrace_archive":{},"a":1})",
                             R"({"headrace_archive":{"v":1},"a":1})",
                             good.substr(0, 90),
                             newer};
  for (const std::string& line : bad) {
    SCOPED_TRACE(line);
    EXPECT_FALSE(ParseArchiveLine(line).ok());
  }
}

}  // namespace
}  // namespace headrace
