#include "producer/cli/interrupt.h"

#include <utility>

#include "common/base/signals.h"

namespace headrace::cli {

Result<Interrupt> Interrupt::Watch() {
  Result<Wakeup> opened = Wakeup::Open();
  if (!opened.ok()) return std::move(opened).error();
  // Never freed: a signal may come at any time until the process is gone.
  static const Wakeup* const kWakeup = new Wakeup(*std::move(opened));
  WatchStopSignals(*kWakeup);
  return Interrupt(*kWakeup);
}

bool Interrupt::requested() const { return StopSignal() != 0; }

void Interrupt::Pause(std::chrono::milliseconds duration) const {
  if (!requested()) wakeup_->Wait(duration);
}

}  // namespace headrace::cli
