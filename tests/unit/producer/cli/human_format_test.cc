#include "producer/cli/human_format.h"

#include <gtest/gtest.h>

namespace headrace::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(HumanFormat, GroupsDigits) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1'000), "1,000");
  EXPECT_EQ(FormatCount(1'234'567), "1,234,567");
}

TEST(HumanFormat, PicksUnitsThatReadWell) {
  EXPECT_EQ(FormatSize(0), "0 B");
  EXPECT_EQ(FormatSize(999), "999 B");
  EXPECT_EQ(FormatSize(1'618'017), "1.6 MB");
  EXPECT_EQ(FormatSize(999'960), "1.0 MB");
  EXPECT_EQ(FormatSize(5e9), "5.0 GB");
  EXPECT_EQ(FormatRate(0.42), "0.4/s");
  EXPECT_EQ(FormatRate(3'459.6), "3,460/s");
  EXPECT_EQ(FormatSpan(seconds(7)), "0:07");
  EXPECT_EQ(FormatSpan(seconds(3'725)), "1:02:05");
  EXPECT_EQ(FormatSeconds(milliseconds(1'349)), "1.3 s");
}

TEST(HumanFormat, HundredPercentMeansAll) {
  EXPECT_EQ(Percent(0, 0), 0);
  EXPECT_EQ(Percent(4'497, 4'498), 99);
  EXPECT_EQ(Percent(4'498, 4'498), 100);
  EXPECT_EQ(Percent(5'000, 4'498), 100);
}

TEST(HumanFormat, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(ShellQuote("../data/a-1.jsonl"), "../data/a-1.jsonl");
  EXPECT_EQ(ShellQuote("my file"), "'my file'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote(""), "''");
}

TEST(HumanFormat, AlignsNumbersRightAndWordsLeft) {
  EXPECT_EQ(FormatTable({{"NAME", "ITEMS", "DONE"}, {"a", "1,234", "7%"}, {"größer", "5", ""}}),
            "NAME    ITEMS  DONE\n"
            "a       1,234    7%\n"
            "größer      5\n");
}

}  // namespace
}  // namespace headrace::cli
