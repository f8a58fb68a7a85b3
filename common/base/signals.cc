#include "common/base/signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>

namespace headrace {
namespace {

std::atomic<int> stop_signal{0};
std::atomic<int> wakeup_fd{-1};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

void OnStopSignal(int signal) {
  int none = 0;
  stop_signal.compare_exchange_strong(none, signal);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_fd.load(), &one, sizeof(one));
}

}  // namespace

void WatchStopSignals(const Wakeup& wakeup) {
  wakeup_fd = wakeup.fd();
  struct sigaction action {};
  action.sa_handler = OnStopSignal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int StopSignal() { return stop_signal; }

}  // namespace headrace
