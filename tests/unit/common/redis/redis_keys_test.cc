#include "common/redis/redis_keys.h"

#include <gtest/gtest.h>

#include "common/redis/accounting_script.h"

namespace headrace::redis {
namespace {

// These names are a public interface: operators and dashboards use them.
TEST(RedisKeys, AreWhatTheDocumentationSays) {
  const std::string id = "6c84fb90-12c4-41e1-840b-7d2500000000";
  const BatchKeys keys("hr:", *BatchId::Parse(id));
  EXPECT_EQ(keys.batch, "hr:{" + id + "}:batch");
  EXPECT_EQ(keys.states, "hr:{" + id + "}:states");
  EXPECT_EQ(keys.errors, "hr:{" + id + "}:errors");
  EXPECT_EQ(keys.error_codes, "hr:{" + id + "}:error_codes");
  EXPECT_EQ(keys.error_index, "hr:{" + id + "}:error_index");
  EXPECT_EQ(keys.error_names, "hr:{" + id + "}:error_names");
  EXPECT_EQ(keys.retries, "hr:{" + id + "}:retries");
  EXPECT_EQ(ProjectBatchesKey("hr:", "default"), "hr:{default}:batches");
  EXPECT_EQ(ProjectUpstreamKey("hr:", "default"), "hr:{default}:upstream");
  EXPECT_EQ(MetaKey("hr:"), "hr:meta");
  EXPECT_EQ(MarkField("headrace.outcomes", 7), "mark:headrace.outcomes:7");
  EXPECT_EQ(RebuildingField("headrace.outcomes", 7), "rebuilding:headrace.outcomes:7");
}

TEST(SortableTime, SortsAsTheTimesDo) {
  using std::chrono::microseconds;
  const Timestamp start{std::chrono::seconds(1'800'000'000)};
  EXPECT_EQ(SortableTime(start), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(SortableTime(start + microseconds(1'999)), "2027-01-15T08:00:00.001Z");
  EXPECT_EQ(SortableTime(start - microseconds(1)), "2027-01-15T07:59:59.999Z");
}

}  // namespace
}  // namespace headrace::redis
