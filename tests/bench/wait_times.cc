#include "tests/bench/wait_times.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "common/base/clock.h"

namespace headrace::bench {
namespace {

constexpr std::string_view kMoment = "\"at\":";
constexpr std::size_t kWithin = 160;
constexpr std::string_view kHotGraph = "g0";

}  // namespace

void WaitTimes::End(const Chunk& chunk) {
  if (!paced_.load(std::memory_order_relaxed)) return;
  const std::int64_t now = SystemClock().WallNow().time_since_epoch().count();
  MutexLock lock(mutex_);
  for (const WriteItem& item : chunk.items) {
    if (item.graph->id == kHotGraph) continue;
    const std::string_view head = std::string_view(item.payload).substr(0, kWithin);
    const std::size_t found = head.find(kMoment);
    if (found == std::string_view::npos) {
      paced_ = false;
      return;
    }
    std::int64_t at = 0;
    const char* number = head.data() + found + kMoment.size();
    if (std::from_chars(number, head.data() + head.size(), at).ec != std::errc()) return;
    microseconds_.push_back(static_cast<std::uint32_t>(std::max<std::int64_t>(now - at, 0)));
  }
}

std::string WaitTimes::Report() const {
  MutexLock lock(mutex_);
  if (microseconds_.empty()) return {};
  std::vector<std::uint32_t> waits(
      microseconds_.begin() + static_cast<std::ptrdiff_t>(microseconds_.size() / 10),
      microseconds_.end());
  std::sort(waits.begin(), waits.end());
  const auto share = [&](std::size_t percent) {
    return std::to_string(waits[(waits.size() - 1) * percent / 100]);
  };
  return ",\"waits\":" + std::to_string(waits.size()) + ",\"wait_p50_us\":" + share(50) +
         ",\"wait_p99_us\":" + share(99);
}

}  // namespace headrace::bench
