// The text of the Lua scripts; accounting_script.h says what they are given.
#pragma once

#include <string_view>

namespace headrace::redis {

// In front of both accounting scripts: reading and writing the batch hash.
extern const std::string_view kBatchLua;
extern const std::string_view kOutcomesLua;
extern const std::string_view kFactLua;
extern const std::string_view kMarkLua;

}  // namespace headrace::redis
