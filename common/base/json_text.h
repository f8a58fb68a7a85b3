// Writing JSON text by hand where a document tree would be waste. Reading is simdjson's or
// nlohmann's business.
#pragma once

#include <string>
#include <string_view>

namespace headrace {

// Appends `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace headrace
