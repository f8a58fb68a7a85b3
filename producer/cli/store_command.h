// headrace store migrate: brings the graph store's tables to this Headrace's version.
#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

void RegisterStore(CommandTree& tree);

}  // namespace headrace::cli
