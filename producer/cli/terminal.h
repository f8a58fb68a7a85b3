#pragma once

#include "common/config/settings_reader.h"
#include "producer/cli/command.h"

namespace headrace::cli {

// Looks at the process's streams and, for colour, at NO_COLOR (no-color.org: set and not empty
// means none) and TERM=dumb.
Terminal ProcessTerminal(const config::Environment& environment);

}  // namespace headrace::cli
