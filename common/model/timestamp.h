// RFC 3339 time stamps with a zone, years 1 to 9999.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace headrace {

// Up to nine fraction digits; what is finer than a microsecond is cut off. A leap second
// (23:59:60 UTC) is read as the first instant of the next day. Empty when the text is anything
// else, a missing zone and an impossible date included.
std::optional<Timestamp> ParseRfc3339(std::string_view text);

// "2024-06-15T10:30:00Z", with six fraction digits when they are not zero.
std::string FormatRfc3339(Timestamp time);

}  // namespace headrace
