// Where a text stops being JSON that we take. The slow second look at a text that simdjson has
// already refused: simdjson is fast because it does not keep the place.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace headrace {

struct JsonFault {
  std::string_view code;  // kInvalidJson, kInvalidUtf8 or kNulByte of refusal_codes.h
  std::size_t offset = 0;
};

// Empty when the text is JSON. Memory: a bit for every level of nesting.
std::optional<JsonFault> FindJsonFault(std::string_view text);

}  // namespace headrace
