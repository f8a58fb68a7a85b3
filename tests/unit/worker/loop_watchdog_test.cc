#include "worker/loop_watchdog.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace headrace::worker {
namespace {

using std::chrono::seconds;

class LoopWatchdogTest : public testing::Test {
 protected:
  std::string Look(LoopWatchdog& watchdog) {
    testing::internal::CaptureStderr();
    watchdog.Look();
    return testing::internal::GetCapturedStderr();
  }

  fakes::ManualClock clock_;
  LoopBeat beat_{clock_};
  int ended_ = 0;
};

TEST_F(LoopWatchdogTest, SaysOnceWhereTheLoopHangsAndEndsTheProcessLater) {
  LoopWatchdog watchdog(beat_, clock_, {seconds(60), seconds(300)}, [&] { ++ended_; });
  beat_.Enter(LoopPhase::kDispatching);
  clock_.Advance(seconds(59));
  EXPECT_EQ(Look(watchdog), "");
  clock_.Advance(seconds(1));
  const std::string said = Look(watchdog);
  EXPECT_NE(said.find("loop_silent phase=dispatching"), std::string::npos) << said;
  EXPECT_EQ(Look(watchdog), "");
  clock_.Advance(seconds(299));
  EXPECT_EQ(Look(watchdog), "");
  EXPECT_EQ(ended_, 0);
  clock_.Advance(seconds(1));
  EXPECT_NE(Look(watchdog).find("loop_wedged"), std::string::npos);
  EXPECT_EQ(ended_, 1);
}

TEST_F(LoopWatchdogTest, SaysThatTheLoopIsBack) {
  LoopWatchdog watchdog(beat_, clock_, {seconds(60), seconds(0)}, [&] { ++ended_; });
  clock_.Advance(seconds(60));
  Look(watchdog);
  clock_.Advance(std::chrono::hours(24));
  Look(watchdog);
  EXPECT_EQ(ended_, 0) << "0 means never";
  beat_.Tick();
  EXPECT_NE(Look(watchdog).find("loop_back"), std::string::npos);
}

}  // namespace
}  // namespace headrace::worker
