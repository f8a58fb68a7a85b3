#include "common/graph/postgres_patience.h"

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{200};  // whether the patience still lasts

}  // namespace

const PostgresPatience& PostgresPatience::Endless() {
  static const PostgresPatience endless;
  return endless;
}

bool PostgresPatience::AwaitSocket(int socket, short events, SteadyTime deadline) const {
  for (;;) {
    const SteadyTime now = SystemClock().Now();
    if (now >= deadline || Over(now)) return false;
    const auto left =
        std::chrono::ceil<milliseconds>(std::min(deadline - now, SteadyTime::duration(kLook)));
    pollfd ready{socket, events, 0};
    if (::poll(&ready, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

}  // namespace headrace::graph
