#include "worker/worker_health.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/fakes/manual_clock.h"

namespace headrace::worker {
namespace {

using std::chrono::seconds;

class WorkerHealthTest : public testing::Test {
 protected:
  // What is logged meanwhile.
  static std::string Log(const std::function<void()>& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
  }
  void ExpectLogged(const std::string& part, const std::function<void()>& act) {
    const std::string said = Log(act);
    EXPECT_NE(said.find(part), std::string::npos) << said;
  }

  fakes::ManualClock clock_;
  WorkerHealth health_{clock_, seconds(60)};
};

TEST_F(WorkerHealthTest, IsReadyWhenEveryPartIs) {
  EXPECT_EQ(health_.NotReady(), "waiting for kafka, redis, store, consumer_group");
  health_.Note(WorkerHealth::kRedis, true);
  health_.Note(WorkerHealth::kStore, true);
  EXPECT_EQ(health_.NotReady(), "waiting for kafka, consumer_group");
  health_.Note(WorkerHealth::kKafka, true);
  health_.Note(WorkerHealth::kGroup, true);
  EXPECT_EQ(health_.NotReady(), "");
  health_.Note(WorkerHealth::kRedis, false);
  EXPECT_EQ(health_.NotReady(), "waiting for redis");
}

TEST_F(WorkerHealthTest, SaysEachChangeOnce) {
  const auto kafka = [&](bool ok) { health_.Set(WorkerHealth::kKafka, ok, "nobody answers"); };
  ExpectLogged("warning part_missing part=kafka detail=\"nobody answers\"", [&] { kafka(false); });
  EXPECT_EQ(Log([&] { kafka(false); }), "");
  ExpectLogged("part_ready part=kafka", [&] { kafka(true); });
  EXPECT_EQ(Log([&] { kafka(true); }), "");
}

// What needs a person is an error, whatever was said before, and passing trouble does not hide it.
TEST_F(WorkerHealthTest, AFailedPartStaysFailedUntilItWorks) {
  const auto fail = [&] { health_.SetFailed(WorkerHealth::kStore, "wrong password"); };
  Log([&] { health_.Set(WorkerHealth::kStore, false, "no answer"); });
  ExpectLogged("error part_failed part=store detail=\"wrong password\"", fail);
  EXPECT_EQ(Log(fail), "");
  EXPECT_EQ(Log([&] { health_.Set(WorkerHealth::kStore, false, "no answer"); }), "");
  EXPECT_EQ(Log(fail), "") << "it had not got better meanwhile";
  EXPECT_FALSE(health_.ok(WorkerHealth::kStore));
  ExpectLogged("part_ready part=store", [&] { health_.Set(WorkerHealth::kStore, true, {}); });
  EXPECT_TRUE(health_.ok(WorkerHealth::kStore));
  ExpectLogged("part_failed", fail);
}

TEST_F(WorkerHealthTest, IsAliveWhileTheLoopComesRound) {
  clock_.Advance(seconds(59));
  EXPECT_TRUE(health_.alive());
  health_.Tick();
  clock_.Advance(seconds(59));
  EXPECT_TRUE(health_.alive());
  clock_.Advance(seconds(1));
  EXPECT_FALSE(health_.alive());
  health_.beat().BeginRound();
  EXPECT_TRUE(health_.alive());
}

}  // namespace
}  // namespace headrace::worker
