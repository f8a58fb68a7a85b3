#include "common/base/units.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

using std::chrono::milliseconds;

TEST(Units, ReadsDurations) {
  const std::pair<std::string_view, std::int64_t> cases[] = {
      {"0", 0},
      {"0s", 0},
      {"5ms", 5},
      {"30s", 30'000},
      {"2m", 120'000},
      {"1h", 3'600'000},
      {"7d", 604'800'000},
      {"1500ms", 1'500},
      {"007s", 7'000},
      {"9223372036854775807ms", INT64_MAX},
  };
  for (const auto& [text, expected] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseDuration(text), milliseconds(expected));
  }
}

TEST(Units, RefusesOtherDurations) {
  for (const std::string_view text :
       {"", "5", "ms", "-5s", "+5s", " 5s", "5s ", "5 s", "1.5s", "5S", "5min", "1h30m",
        "9223372036854775808ms", "106751991168d", "99999999999999999999s"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseDuration(text).has_value());
  }
}

TEST(Units, ReadsSizes) {
  const std::pair<std::string_view, std::uint64_t> cases[] = {
      {"0", 0},
      {"4096", 4096},
      {"64KiB", 65'536},
      {"16MiB", 16'777'216},
      {"2GiB", 2'147'483'648},
      {"900KiB", 921'600},
  };
  for (const auto& [text, expected] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseBytes(text), expected);
  }
  for (const std::string_view text : {"", "KiB", "1KB", "1k", "1 KiB", "-1", "1.5MiB", "1TiB",
                                      "8589934592GiB", "18446744073709551615"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseBytes(text).has_value());
  }
}

TEST(Units, WritesTheShortestFormThatReadsBack) {
  const std::pair<std::int64_t, std::string_view> durations[] = {
      {0, "0"},        {1, "1ms"},        {1'500, "1500ms"},  {30'000, "30s"},
      {90'000, "90s"}, {3'600'000, "1h"}, {172'800'000, "2d"}};
  for (const auto& [value, text] : durations) {
    SCOPED_TRACE(text);
    EXPECT_EQ(FormatDuration(milliseconds(value)), text);
    EXPECT_EQ(ParseDuration(text), milliseconds(value));
  }
  const std::pair<std::uint64_t, std::string_view> sizes[] = {{0, "0"},
                                                              {1, "1"},
                                                              {1'000, "1000"},
                                                              {1'024, "1KiB"},
                                                              {921'600, "900KiB"},
                                                              {3ull << 30, "3GiB"}};
  for (const auto& [value, text] : sizes) {
    SCOPED_TRACE(text);
    EXPECT_EQ(FormatBytes(value), text);
    EXPECT_EQ(ParseBytes(text), value);
  }
}

}  // namespace
}  // namespace headrace
