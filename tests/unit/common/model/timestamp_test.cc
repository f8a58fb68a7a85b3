#include "common/model/timestamp.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

struct Good {
  std::string_view name, text, canonical;
};

TEST(Timestamp, ReadsRfc3339) {
  constexpr Good kCases[] = {
      {"utc", "2024-06-15T10:30:00Z", "2024-06-15T10:30:00Z"},
      {"lower case", "2024-06-15t10:30:00z", "2024-06-15T10:30:00Z"},
      {"east", "2024-06-15T10:30:00+05:30", "2024-06-15T05:00:00Z"},
      {"west over midnight", "2024-12-31T20:00:00-08:00", "2025-01-01T04:00:00Z"},
      {"unknown local offset", "2024-06-15T10:30:00-00:00", "2024-06-15T10:30:00Z"},
      {"tenths", "2024-06-15T10:30:00.5Z", "2024-06-15T10:30:00.500000Z"},
      {"microseconds", "2024-06-15T10:30:00.000001Z", "2024-06-15T10:30:00.000001Z"},
      {"nanoseconds are cut", "2024-06-15T10:30:00.123456789Z", "2024-06-15T10:30:00.123456Z"},
      {"nanoseconds are cut to zero", "2024-06-15T10:30:00.000000999Z", "2024-06-15T10:30:00Z"},
      {"leap day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"leap century", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
      {"leap second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
      {"leap second with fraction", "2016-12-31T23:59:60.7Z", "2017-01-01T00:00:00Z"},
      {"leap second in a zone", "2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00Z"},
      {"before 1970", "1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250000Z"},
      {"first instant", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"last instant", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
  };
  for (const Good& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto time = ParseRfc3339(c.text);
    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(FormatRfc3339(*time), c.canonical);
    EXPECT_EQ(ParseRfc3339(c.canonical), time);
  }
}

TEST(Timestamp, CountsFromTheEpoch) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z")->time_since_epoch().count(), 0);
  EXPECT_EQ(ParseRfc3339("2023-11-14T22:13:20Z")->time_since_epoch().count(),
            1'700'000'000'000'000);
}

TEST(Timestamp, RefusesEverythingElse) {
  constexpr std::string_view kCases[] = {
      "",
      "2024-06-15",
      "2024-06-15T10:30:00",
      "2024-06-15 10:30:00Z",
      "2024-06-15T10:30Z",
      "2024-06-15T10:30:00.Z",
      "2024-06-15T10:30:00.1234567890Z",
      "2024-06-15T10:30:00,5Z",
      "2024-06-15T10:30:00+0530",
      "2024-06-15T10:30:00+24:00",
      "2024-06-15T10:30:00+05:60",
      "2024-06-15T10:30:00Z ",
      " 2024-06-15T10:30:00Z",
      "2024-06-15T24:00:00Z",
      "2024-06-15T10:60:00Z",
      "2024-06-15T10:30:61Z",
      "2024-06-15T10:30:60Z",
      "2023-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2024-04-31T00:00:00Z",
      "2024-00-10T00:00:00Z",
      "2024-13-10T00:00:00Z",
      "2024-01-00T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
      "9999-12-31T23:59:60Z",
      "+2024-06-15T10:30:00Z",
      "12024-06-15T10:30:00Z",
      "1718447400",
  };
  for (const std::string_view text : kCases) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseRfc3339(text).has_value());
  }
}

}  // namespace
}  // namespace headrace
