#pragma once

#include "common/base/wakeup.h"

namespace headrace {

// Turns SIGTERM and SIGINT into a flag and a wake-up. Process-wide, called once in main; `wakeup`
// must live until the process ends. SIGPIPE is ignored from then on.
void WatchStopSignals(const Wakeup& wakeup);

// The first stop signal that arrived, or 0.
int StopSignal();

}  // namespace headrace
