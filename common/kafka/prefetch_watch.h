// Notices that librdkafka's local queue was full and is half empty again.
//
// Before 2.2 librdkafka has no setting for how soon it fetches again after that queue was full: its
// thread sleeps until anything else wakes it, up to a second. A fast reader empties the queue long
// before and then waits. So the reader tells the thread itself; how, is the consumer's business.
#pragma once

#include <cstddef>

namespace headrace::kafka {

// Pure. Owned by the polling thread.
class PrefetchWatch {
 public:
  struct Limits {
    std::size_t bytes = 64u << 20;   // queued.max.messages.kbytes
    std::size_t messages = 100'000;  // queued.min.messages
  };
  explicit PrefetchWatch(const Limits& limits) : limits_(limits) {}

  // A poll returned `messages` of `bytes` together and left `queued` in the local queue. True when
  // fetching may sleep and should not: once each time that the queue falls below half.
  bool ShouldWake(std::size_t messages, std::size_t bytes, std::size_t queued);

 private:
  const Limits limits_;
  bool was_full_ = false;
  std::size_t message_bytes_ = 0;  // the size of a message lately
};

}  // namespace headrace::kafka
