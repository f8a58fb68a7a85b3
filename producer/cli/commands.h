#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

// Every command, in the order in which help shows them. A new command adds one line there.
void RegisterAllCommands(CommandTree& tree);

}  // namespace headrace::cli
