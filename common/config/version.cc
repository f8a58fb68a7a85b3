#include "common/config/version.h"

namespace headrace::config {

std::string_view Version() { return HEADRACE_VERSION; }

}  // namespace headrace::config
