// The small parts of JSON's grammar that are checked by hand.
#pragma once

#include <string>
#include <string_view>

namespace headrace {

// `parent` with "/key" behind it, as RFC 6901 says: ~ and / of the key are written ~0 and ~1. A
// very long key is left out, so that it does not get into logs and answers.
std::string PointerTo(std::string parent, std::string_view key);

// Without JSON white space at the end.
std::string_view TrimJsonEnd(std::string_view text);

bool IsBlank(std::string_view text);

// The number grammar of RFC 8259. Its value is of no interest: an unknown field may hold a number
// that fits into no type of ours.
bool IsJsonNumber(std::string_view text);

}  // namespace headrace
