#pragma once

#include <cstddef>
#include <string_view>

namespace headrace {

// Length in bytes of the valid UTF-8 sequence at the start of `text` (1 to 4), or 0 when what
// stands there is not valid (overlong forms, surrogates and values above U+10FFFF included).
std::size_t Utf8SequenceLength(std::string_view text);

bool IsValidUtf8(std::string_view text);

// Unicode code points in `text`, which must be valid UTF-8: the unit of every length limit.
std::size_t CountCodePoints(std::string_view text);

// The longest start of `text`, which should be valid UTF-8, of at most `bytes_max` bytes that cuts
// no code point in two.
std::string_view Utf8Prefix(std::string_view text, std::size_t bytes_max);

}  // namespace headrace
