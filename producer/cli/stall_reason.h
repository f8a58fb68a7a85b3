// Why nothing goes on, as far as the command can find out.
#pragma once

#include <string>

#include "common/config/settings.h"

namespace headrace::cli {

// A clause for the user: that Kafka cannot be reached, that nobody works, or who does. Asks Kafka,
// and takes a few seconds where that does not answer.
std::string StallReason(const Settings& settings);

}  // namespace headrace::cli
