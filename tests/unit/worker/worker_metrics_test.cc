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
  WorkerMetrics metrics_{Channel::kBatch, health_};
};

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
