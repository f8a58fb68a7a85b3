#include "producer/cli/option_checks.h"

#include <gtest/gtest.h>

namespace headrace::cli {
namespace {

TEST(CheckCount, TakesWholeNumbersOnly) {
  for (const char* good : {"0", "1", "20", "1000000000"}) EXPECT_EQ(CheckCount(good), "") << good;
  for (const char* bad : {"", "-3", "+1", "1.5", "many", "7x", " 7", "1000000001", "99999999999"}) {
    EXPECT_NE(CheckCount(bad).find("whole number"), std::string::npos) << bad;
  }
}

TEST(CheckPositiveCount, RefusesZeroToo) {
  for (const char* good : {"1", "1000000000"}) EXPECT_EQ(CheckPositiveCount(good), "") << good;
  for (const char* bad : {"0", "-1", "1000000001"}) {
    EXPECT_NE(CheckPositiveCount(bad).find("whole number from 1 to"), std::string::npos) << bad;
  }
}

}  // namespace
}  // namespace headrace::cli
