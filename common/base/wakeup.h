// A file descriptor that one thread sleeps on and others write to: how the loop thread waits for
// Kafka, for store completions and for signals at once.
#pragma once

#include <chrono>

#include "common/base/result.h"

namespace headrace {

// Signal() from any thread or signal handler; Wait() from the owner only.
class Wakeup {
 public:
  static Result<Wakeup> Open();
  Wakeup(Wakeup&& other) noexcept;
  Wakeup& operator=(Wakeup&& other) noexcept;
  ~Wakeup();

  void Signal() const;
  // Returns when signalled (and clears the signal) or after `timeout`.
  void Wait(std::chrono::milliseconds timeout) const;
  // An eventfd: whoever writes to it must write 8 bytes.
  int fd() const { return fd_; }

 private:
  explicit Wakeup(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace headrace
