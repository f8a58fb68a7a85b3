#include "worker/start_up.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "common/base/signals.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/scratch_dir.h"

namespace headrace::worker {
namespace {

class StartUp {
 public:
  Result<std::unique_ptr<GraphStore>> WaitFor(const std::string& store) {
    Settings settings;
    settings.worker.store = store;
    return WaitForStore(settings, metrics, health, wakeup);
  }

  fakes::ManualClock clock;
  const Wakeup wakeup = std::move(*Wakeup::Open());
  WorkerHealth health{clock};
  MetricsRegistry registry{Channel::kBatch};
  WorkerMetrics metrics{registry, health};
};

TEST(StartUp, OpensTheStoreAndSaysThatItIsThere) {
  const testing::ScratchDir directory;
  StartUp start;
  EXPECT_FALSE(start.health.ok(WorkerHealth::kStore));
  const auto store = start.WaitFor("sqlite:" + directory.File("h.db"));
  ASSERT_TRUE(store.ok()) << store.error().message;
  EXPECT_TRUE(start.health.ok(WorkerHealth::kStore));
}

TEST(StartUp, DoesNotWaitForWhatNeedsAPerson) {
  StartUp start;
  for (const char* store : {"foo:bar", "sqlite:/no/such/directory/h.db"}) {
    SCOPED_TRACE(store);
    const auto opened = start.WaitFor(store);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().code, ErrorCode::kTransient);
    EXPECT_NE(opened.error().code, ErrorCode::kCancelled);
  }
}

// The stop signal is the process's, so this one is of its own.
TEST(StartUpDeathTest, WaitsForAStoreThatIsAwayUntilItIsStopped) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        StartUp start;
        WatchStopSignals(start.wakeup);
        std::jthread operator_at_work([&] {
          for (int look = 0; look < 3; ++look) {
            const SteadyTime before = start.health.beat().last_tick();
            start.clock.Advance(std::chrono::seconds(1));
            while (start.health.beat().last_tick() == before) std::this_thread::yield();
            look < 2 ? start.wakeup.Signal() : void(::kill(::getpid(), SIGTERM));
          }
        });
        const auto store = start.WaitFor("postgresql://127.0.0.1:1/h");
        std::_Exit(!store.ok() && store.error().code == ErrorCode::kCancelled ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "part_missing part=store");
}

}  // namespace
}  // namespace headrace::worker
