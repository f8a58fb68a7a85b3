// What a worker holds, for its limits.
#pragma once

#include <cstddef>

namespace headrace::worker {

struct Held {
  std::size_t items = 0;  // at the gate, in lanes and in the store, each with its payload
  std::size_t bytes = 0;  // of those payloads
  // Items whose work has ended and whose outcome is not acknowledged yet. Of these little more than
  // the offset is kept, so they do not take the place of items that lanes could work on.
  std::size_t reported = 0;
  std::size_t waiting_retry = 0;  // of `items`: tried, and not in the store
};

}  // namespace headrace::worker
