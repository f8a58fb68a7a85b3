#include "common/base/wakeup.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <csignal>
#include <thread>

#include "common/base/signals.h"

namespace headrace {
namespace {

using std::chrono::milliseconds;

bool IsSignalled(const Wakeup& wakeup) {
  pollfd descriptor{.fd = wakeup.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&descriptor, 1, 0) == 1;
}

TEST(Wakeup, RemembersASignalUntilSomebodyWaits) {
  auto wakeup = Wakeup::Open();
  ASSERT_TRUE(wakeup.ok());
  EXPECT_FALSE(IsSignalled(*wakeup));
  wakeup->Signal();
  wakeup->Signal();
  EXPECT_TRUE(IsSignalled(*wakeup));
  wakeup->Wait(milliseconds(10'000));
  EXPECT_FALSE(IsSignalled(*wakeup));
}

TEST(Wakeup, ReleasesAWaiterOfAnotherThread) {
  auto wakeup = Wakeup::Open();
  ASSERT_TRUE(wakeup.ok());
  const auto start = std::chrono::steady_clock::now();
  std::jthread waiter([&] { wakeup->Wait(milliseconds(60'000)); });
  wakeup->Signal();
  waiter.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Wakeup, GivesUpAfterItsTimeout) {
  auto wakeup = Wakeup::Open();
  ASSERT_TRUE(wakeup.ok());
  wakeup->Wait(milliseconds(1));
  EXPECT_FALSE(IsSignalled(*wakeup));
}

TEST(Wakeup, MovesWithItsDescriptor) {
  auto opened = Wakeup::Open();
  ASSERT_TRUE(opened.ok());
  const int fd = opened->fd();
  const Wakeup moved = std::move(*opened);
  EXPECT_EQ(moved.fd(), fd);
  moved.Signal();
  EXPECT_TRUE(IsSignalled(moved));
}

TEST(Signals, TurnTheFirstStopSignalIntoAWakeUp) {
  // Outlives the test, because the handlers stay.
  static Result<Wakeup> wakeup = Wakeup::Open();
  ASSERT_TRUE(wakeup.ok());
  WatchStopSignals(*wakeup);
  EXPECT_EQ(StopSignal(), 0);
  std::raise(SIGPIPE);
  EXPECT_EQ(StopSignal(), 0);
  std::raise(SIGTERM);
  std::raise(SIGINT);
  EXPECT_EQ(StopSignal(), SIGTERM);
  EXPECT_TRUE(IsSignalled(*wakeup));
}

}  // namespace
}  // namespace headrace
