// schema item|outcome: the JSON Schemas of the public Kafka records.
#pragma once

#include "producer/cli/command.h"

namespace headrace::cli {

void RegisterSchema(CommandTree& tree);

}  // namespace headrace::cli
