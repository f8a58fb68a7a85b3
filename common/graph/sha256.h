#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace headrace::graph {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest Sha256(std::string_view text);

// Lower-case hexadecimal digits of the bytes of `text`.
std::string HexOf(std::string_view text);

}  // namespace headrace::graph
