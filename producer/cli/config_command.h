// config check|reference|example: what is in force and where it came from; the documents.
#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

void RegisterConfig(CommandTree& tree);

}  // namespace headrace::cli
