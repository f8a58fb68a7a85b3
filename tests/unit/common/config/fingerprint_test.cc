#include "common/config/fingerprint.h"

#include <gtest/gtest.h>

namespace headrace::config {
namespace {

std::string Of(const Settings& settings) { return Fingerprint(settings, Binary::kWorker); }

TEST(Fingerprint, DiffersWhereASettingOfTheBinaryDiffers) {
  const Settings defaults;
  EXPECT_EQ(Of(defaults).size(), 12u);
  EXPECT_EQ(Of(defaults), Of(Settings()));
  Settings other;
  other.worker.in_flight_items_max += 1;
  EXPECT_NE(Of(other), Of(defaults));
  Settings tuned;
  tuned.kafka.properties["linger.ms"] = "7";
  EXPECT_NE(Of(tuned), Of(defaults));
  Settings headrace_only;
  headrace_only.project = "another";
  EXPECT_EQ(Of(headrace_only), Of(defaults));
}

TEST(Fingerprint, TellsNothingOfASecret) {
  Settings one, two;
  one.redis.url = "redis://user:one@host:6379";
  two.redis.url = "redis://user:two@host:6379";
  one.kafka.properties["sasl.password"] = "one";
  two.kafka.properties["sasl.password"] = "two";
  EXPECT_EQ(Of(one), Of(two));
  two.redis.url = "redis://user:two@elsewhere:6379";
  EXPECT_NE(Of(one), Of(two));
}

}  // namespace
}  // namespace headrace::config
