#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

// `headrace load FILE...|- --kafka`: items from JSON lines straight to Kafka.
void RegisterLoad(CommandTree& tree);

}  // namespace headrace::cli
