// Tells a store that is down from one that has trouble with some items.
#pragma once

#include "common/base/clock.h"
#include "common/ports/graph_store.h"

namespace headrace::worker {

// Pure. Owned by the loop thread.
class StoreWatch {
 public:
  // True when this result changes what is_up() says: the store is down at a fatal error, or when
  // it has applied nothing for two seconds of failing; it is up at the first chunk that it applies.
  bool Note(const ChunkResult& result, SteadyTime now);

  bool is_up() const { return is_up_; }
  // Whether the store has applied anything after `when`. If not, a failure says nothing about the
  // items that met it: that is an outage, and it never makes an item fail.
  bool WorkedSince(SteadyTime when) const { return last_success_ > when; }

 private:
  bool is_up_ = true;
  SteadyTime last_success_{};
  SteadyTime failing_since_{};  // zero while the last chunk was applied
};

}  // namespace headrace::worker
