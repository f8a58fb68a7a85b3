#pragma once

#include <string>

#include "common/base/result.h"

namespace headrace::config {

// The whole of a small file. kInvalid with the system's reason when it cannot be read.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace headrace::config
