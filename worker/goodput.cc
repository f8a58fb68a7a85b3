#include "worker/goodput.h"

#include <algorithm>
#include <utility>

namespace headrace::worker {

double Goodput::ItemsPerSecond(SteadyTime now) {
  if (now - begin_ >= kWindow) Turn(now);
  const std::chrono::duration<double> elapsed = now - begin_;
  const double seconds = has_previous_ ? 1 + elapsed.count() : 1;
  return static_cast<double>(current_ + previous_) / seconds;
}

void Goodput::Turn(SteadyTime now) {
  // A window that ended long ago says nothing about what is lately.
  has_previous_ = now - begin_ < 2 * kWindow;
  previous_ = has_previous_ ? current_ : 0;
  begin_ = has_previous_ ? begin_ + kWindow : now;
  current_ = 0;
}

}  // namespace headrace::worker
