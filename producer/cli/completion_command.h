// completion bash|zsh|fish: scripts made from the option tree as it is at run time.
#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

void RegisterCompletion(CommandTree& tree);

}  // namespace headrace::cli
