#include "worker/alone_turn.h"

namespace headrace::worker {

bool AloneTurn::MayBegin(bool store_is_idle, SteadyTime now) {
  if (!due_) return true;
  if (!store_is_idle) return false;
  if (ends_at_ == SteadyTime{}) {
    ends_at_ = now + (now - filled_at_);
  } else if (now >= ends_at_) {
    due_ = false;
  }
  return true;
}

void AloneTurn::OthersBegun(bool one_waits, SteadyTime now) {
  due_ = one_waits;
  filled_at_ = now;
  ends_at_ = {};
}

}  // namespace headrace::worker
