// A loop that really hangs, in a thread of its own, before the eyes of probe and watchdog.
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/unit/worker/worker_world.h"
#include "worker/loop_watchdog.h"
#include "worker/worker_health.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Its first chunk never comes back from Submit, which promises to return at once, until somebody
// lets it go.
class WedgingStore final : public GraphStore {
 public:
  explicit WedgingStore(GraphStore& inner) : inner_(inner) {}

  void WaitUntilItHangs() { hangs_.wait(); }
  void LetGo() { let_go_.count_down(); }

  void Submit(Chunk chunk, ChunkSink& sink) override {
    if (!hangs_.try_wait()) hangs_.count_down();
    let_go_.wait();
    inner_.Submit(std::move(chunk), sink);
  }
  StoreTraits traits() const override { return inner_.traits(); }
  ClaimId Claim(std::string_view source) override { return inner_.Claim(source); }
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override {
    return inner_.Read(query);
  }
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override {
    return inner_.Erase(graph, incarnation);
  }
  void Stop() override { inner_.Stop(); }

 private:
  GraphStore& inner_;
  std::latch hangs_{1};
  std::latch let_go_{1};
};

class WedgedLoop {
 public:
  WedgedLoop() {
    world.loop_store = &store;
    world.beat = &health.beat();
    world.AddItem(world.OpenBatch(1), 0, "a", "x");
    thread_ = std::jthread([this] { EXPECT_TRUE(world.Run(20).ok()); });
    store.WaitUntilItHangs();
  }

  // Until the process ends.
  void Hang() { thread_.join(); }
  void Finish() {
    store.LetGo();
    thread_.join();
  }

  WorkerWorld world{1};
  WedgingStore store{world.store};
  WorkerHealth health{world.clock, seconds(60)};

 private:
  std::jthread thread_;
};

std::string Look(LoopWatchdog& watchdog) {
  testing::internal::CaptureStderr();
  watchdog.Look();
  return testing::internal::GetCapturedStderr();
}

TEST(LoopWedge, IsSaidWithItsPhaseFailsTheProbeAndCommitsNothing) {
  WedgedLoop loop;
  LoopWatchdog watchdog(loop.health.beat(), loop.world.clock, {seconds(60), seconds(300)},
                        [] { FAIL() << "too early"; });
  EXPECT_TRUE(loop.health.alive());
  EXPECT_EQ(Look(watchdog), "");
  loop.world.clock.Advance(seconds(61));
  EXPECT_FALSE(loop.health.alive());
  const std::string said = Look(watchdog);
  EXPECT_NE(said.find("error loop_silent phase=dispatching"), std::string::npos) << said;
  EXPECT_LE(loop.world.Committed(0), 0);
  loop.Finish();
  EXPECT_TRUE(loop.health.alive());
  EXPECT_NE(Look(watchdog).find("loop_back"), std::string::npos);
  EXPECT_EQ(loop.world.store.applied_count(), 1u);
  EXPECT_EQ(loop.world.Committed(0), 1);
}

TEST(LoopWedgeDeathTest, EndsTheProcessWithItsExitCode) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        WedgedLoop loop;
        // The watchdog's thread looks every 10 ms of real time; the loop's time is the test's.
        LoopWatchdog watchdog(loop.health.beat(), loop.world.clock,
                              {milliseconds(50), milliseconds(50)}, EndWedgedProcess);
        EXPECT_TRUE(watchdog.Start().ok());
        loop.world.clock.Advance(milliseconds(100));
        loop.Hang();
      },
      testing::ExitedWithCode(1), "error loop_wedged phase=dispatching");
}

}  // namespace
}  // namespace headrace::worker
