// Hexadecimal digits and the percent-encoding of URLs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace headrace {

// Lower-case digits, two a byte.
std::string HexOf(std::span<const std::uint8_t> bytes);
std::string HexOf(std::string_view text);

// Empty when a percent sign is not followed by two hexadecimal digits, or names the NUL byte, which
// nothing that we read from a URL can hold.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace headrace
