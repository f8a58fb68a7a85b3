// Durations and sizes as people write them in settings and URLs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headrace {

// "5ms", "30s", "2m", "1h", "7d": a whole number and a unit. "0" needs none.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);
// The shortest form that ParseDuration reads back: "30s", "1500ms".
std::string FormatDuration(std::chrono::milliseconds duration);

// "4096", "64KiB", "16MiB", "2GiB": a whole number of bytes.
std::optional<std::uint64_t> ParseBytes(std::string_view text);
std::string FormatBytes(std::uint64_t bytes);

}  // namespace headrace
