// Ctrl-C and SIGTERM for commands that take their time.
#pragma once

#include <chrono>

#include "common/base/result.h"
#include "common/base/wakeup.h"

namespace headrace::cli {

// From Watch() on the signals no longer end the process; the command looks at requested() instead.
class Interrupt {
 public:
  static Result<Interrupt> Watch();

  bool requested() const;
  // Returns after `duration`, or at once when a signal comes.
  void Pause(std::chrono::milliseconds duration) const;

 private:
  explicit Interrupt(const Wakeup& wakeup) : wakeup_(&wakeup) {}

  const Wakeup* wakeup_;  // lives until the process ends, as signal handlers need it
};

}  // namespace headrace::cli
