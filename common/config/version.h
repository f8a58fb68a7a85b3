#pragma once

#include <string_view>

namespace headrace::config {

// Of both binaries: the version in the root CMakeLists.txt.
std::string_view Version();
// The commit that was built, as far as the build knew it.
std::string_view Revision();

}  // namespace headrace::config
