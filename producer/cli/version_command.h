// version: the same number as headrace --version.
#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

void RegisterVersion(CommandTree& tree);

}  // namespace headrace::cli
