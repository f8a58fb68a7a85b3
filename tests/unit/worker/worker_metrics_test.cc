#include "worker/worker_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/log.h"

namespace headrace::worker {
namespace {

ChunkResult Failed(StoreErrorClass error_class) {
  ChunkResult result;
  result.error = StoreError{.error_class = error_class, .code = "c", .message = "the disk is full"};
  return result;
}

// What the worker logs of its store.
class StoreLog : public testing::Test {
 protected:
  // One chunk's result as the loop reports it; `changed`: the store went up or down with it.
  std::string Log(const ChunkResult& result, bool changed) {
    testing::internal::CaptureStderr();
    metrics_.OnChunkDone(result, 1);
    if (changed) metrics_.OnStore(!result.error, result.error);
    return testing::internal::GetCapturedStderr();
  }

  SystemClock clock_;
  WorkerHealth health_{clock_};
  MetricsRegistry registry_{Channel::kBatch};
  WorkerMetrics metrics_{registry_, health_};
};

std::string Gauge(const std::string& name, const std::string& value) {
  return name + "{channel=\"batch\"} " + value + "\n";
}

bool Says(const std::string& log, const std::string& part) {
  return log.find(part) != std::string::npos;
}

TEST_F(StoreLog, AnOutageIsAWarningAndAFatalErrorIsAnError) {
  Log({}, true);
  const std::string outage = Log(Failed(StoreErrorClass::kTransient), true);
  EXPECT_TRUE(Says(outage, "warning part_missing part=store")) << outage;
  EXPECT_TRUE(Says(outage, "the disk is full")) << outage;
  EXPECT_TRUE(Says(Log({}, true), "part_ready part=store"));
  const std::string fatal = Log(Failed(StoreErrorClass::kFatal), true);
  EXPECT_TRUE(Says(fatal, "error part_failed part=store")) << fatal;
  EXPECT_EQ(std::count(fatal.begin(), fatal.end(), '\n'), 1) << fatal;
  EXPECT_FALSE(health_.ok(WorkerHealth::kStore));
}

TEST_F(StoreLog, ThrottlingIsSaidWhenItStartsAndWhenItStops) {
  const auto log = [&](const PaceState& pace) {
    testing::internal::CaptureStderr();
    metrics_.OnPace(pace);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(log({.chunks_max = 8}), "");
  EXPECT_TRUE(Says(registry_.Expose(), Gauge("headrace_store_pace_items_per_second", "+Inf")));
  EXPECT_TRUE(Says(registry_.Expose(), Gauge("headrace_store_concurrency_limit", "8")));
  const PaceState slow{.throttled = true, .chunks_max = 2, .items_per_second = 66.5};
  ChunkResult refused = Failed(StoreErrorClass::kThrottled);
  const std::string said = Log(refused, false);
  EXPECT_TRUE(Says(said, "warning store_throttles code=c reason=\"the disk is full\"")) << said;
  EXPECT_EQ(log(slow), "");
  EXPECT_EQ(Log(refused, false), "");
  refused.error->code = "other";
  EXPECT_TRUE(Says(Log(refused, false), "code=other")) << "another reason is news";
  EXPECT_TRUE(Says(registry_.Expose(), Gauge("headrace_store_pace_items_per_second", "66.5")));
  EXPECT_TRUE(Says(registry_.Expose(), Gauge("headrace_store_concurrency_limit", "2")));
  EXPECT_TRUE(Says(log({.chunks_max = 8}), "store_throttles_no_more"));
  EXPECT_EQ(log({.chunks_max = 8}), "");
}

TEST_F(StoreLog, HotPartitionsAreCounted) {
  metrics_.OnInFlight({.hot_partitions = 3});
  EXPECT_TRUE(Says(registry_.Expose(), Gauge("headrace_hot_partitions", "3")));
  metrics_.OnInFlight({});
  EXPECT_TRUE(Says(registry_.Expose(), Gauge("headrace_hot_partitions", "0")));
}

// The gauge of one reason at a time, and a line in the log only for a store that is down.
TEST_F(StoreLog, APausedIntakeSaysWhy) {
  const auto paused = [&](const std::string& reason) {
    for (const char* other : {"full", "store_throttled", "store_down"}) {
      const std::string line = std::string("headrace_intake_paused{channel=\"batch\",reason=\"") +
                               other + "\"} " + (reason == other ? "1" : "0");
      EXPECT_TRUE(Says(registry_.Expose(), line)) << line << "\n" << registry_.Expose();
    }
  };
  const auto log = [&](bool intake_paused) {
    testing::internal::CaptureStderr();
    metrics_.OnInFlight({.intake_paused = intake_paused});
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(log(false), "");
  paused("");
  EXPECT_EQ(log(true), "");
  paused("full");
  metrics_.OnPace({.throttled = true});
  EXPECT_EQ(log(true), "");
  paused("store_throttled");
  Log(Failed(StoreErrorClass::kTransient), true);
  EXPECT_TRUE(Says(log(true), "warning intake_paused reason=store_down"));
  EXPECT_EQ(log(true), "");
  paused("store_down");
  Log({}, true);
  EXPECT_EQ(log(true), "") << "back, but still full";
  paused("store_down");
  EXPECT_TRUE(Says(log(false), "intake_resumed"));
  paused("");
}

TEST_F(StoreLog, AnOutageThatTurnsFatalIsReportedOnce) {
  Log(Failed(StoreErrorClass::kTransient), true);
  EXPECT_TRUE(Says(Log(Failed(StoreErrorClass::kFatal), false), "error part_failed"));
  EXPECT_EQ(Log(Failed(StoreErrorClass::kFatal), false), "");
  EXPECT_EQ(Log(Failed(StoreErrorClass::kTransient), true), "");
  EXPECT_EQ(Log(Failed(StoreErrorClass::kFatal), true), "");
  EXPECT_TRUE(Says(health_.NotReady(), "store"));
  EXPECT_TRUE(Says(Log({}, true), "part_ready part=store"));
}

}  // namespace
}  // namespace headrace::worker
