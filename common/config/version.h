#pragma once

#include <string_view>

namespace headrace::config {

// Of both binaries: the version in the root CMakeLists.txt.
std::string_view Version();

}  // namespace headrace::config
