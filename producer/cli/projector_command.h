#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

// `headrace projector`: keeps Redis up to date while no worker runs, and rebuilds it by hand.
void RegisterProjector(CommandTree& tree);

}  // namespace headrace::cli
