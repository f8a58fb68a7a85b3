#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

// `headrace dead-letters list|show|replay`: what failed, why, and trying it again.
void RegisterDeadLetters(CommandTree& tree);

}  // namespace headrace::cli
