// Whose turn it is: of chunks as usual, or of items that must be alone in the store.
#pragma once

#include "common/base/clock.h"

namespace headrace::worker {

// An item runs alone when the store has nothing else, and nothing is begun until it is back. So the
// others get as much time as they: the store is filled once, and for as long as that took to come
// back one item after the other runs alone. Pure. Owned by the loop thread.
class AloneTurn {
 public:
  // False while the store must run dry, or has an item that must be alone.
  bool MayBegin(bool store_is_idle, SteadyTime now);
  // Items that must be alone are to be begun now, one.
  bool is_due() const { return due_; }
  // There was none any more.
  void End() { due_ = false; }
  // The others had their turn.
  void OthersBegun(bool one_waits, SteadyTime now);

 private:
  bool due_ = false;
  SteadyTime filled_at_{};
  SteadyTime ends_at_{};  // zero: it has not begun, because the others are still in the store
};

}  // namespace headrace::worker
