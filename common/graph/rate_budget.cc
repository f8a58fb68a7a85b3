#include "common/graph/rate_budget.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t kSecond = nanoseconds(std::chrono::seconds(1)).count();

}  // namespace

Result<RateBudget> RateBudget::Open(std::uint32_t items_per_second, const std::string& path) {
  static_assert(Cell::is_always_lock_free, "a lock would not work across processes");
  if (path.empty()) return RateBudget(items_per_second, std::make_shared<Cell>(0));
  const auto failed = [&] { return Invalid("rate-file " + path + ": " + std::strerror(errno)); };
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return failed();
  // Growing a file fills it with zeros, which is the cell's first value; growing it twice is
  // harmless.
  struct stat status {};
  const bool sized =
      ::fstat(file, &status) == 0 &&
      (status.st_size >= static_cast<off_t>(sizeof(Cell)) || ::ftruncate(file, sizeof(Cell)) == 0);
  void* mapped = sized ? ::mmap(nullptr, sizeof(Cell), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                       : MAP_FAILED;
  const int error = errno;
  ::close(file);
  errno = error;
  if (mapped == MAP_FAILED) return failed();
  return RateBudget(items_per_second,
                    std::shared_ptr<Cell>(static_cast<Cell*>(mapped),
                                          [](Cell* cell) { ::munmap(cell, sizeof(Cell)); }));
}

std::optional<milliseconds> RateBudget::Take(std::size_t items, SteadyTime now) {
  const std::int64_t time = std::chrono::duration_cast<nanoseconds>(now.time_since_epoch()).count();
  const auto rate = static_cast<std::int64_t>(items_per_second_);
  const std::int64_t cost = static_cast<std::int64_t>(items) * kSecond / rate;
  std::int64_t seen = full_at_->load();
  while (true) {
    const std::int64_t full_at = seen > time + kSecond ? time : std::max(seen, time);
    const std::int64_t next = full_at + cost;
    if (const std::int64_t excess = next - (time + kSecond); excess > 0) {
      const nanoseconds wait(std::min(excess, full_at - time));
      return std::max(std::chrono::ceil<milliseconds>(wait), milliseconds(1));
    }
    if (full_at_->compare_exchange_weak(seen, next)) return std::nullopt;
  }
}

}  // namespace headrace::graph
