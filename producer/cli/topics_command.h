// topics create: makes what is missing. topics check: names what could lose data, with its fix.
#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

void RegisterTopics(CommandTree& tree);

}  // namespace headrace::cli
