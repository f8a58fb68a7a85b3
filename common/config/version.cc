#include "common/config/version.h"

namespace headrace::config {

std::string_view Version() { return HEADRACE_VERSION; }
std::string_view Revision() { return HEADRACE_REVISION; }

}  // namespace headrace::config
