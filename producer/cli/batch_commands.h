#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

// `headrace batch list|show|watch|errors`: what Redis knows about batches.
void RegisterBatch(CommandTree& tree);

}  // namespace headrace::cli
