#include "producer/cli/option_checks.h"

#include <charconv>
#include <cstdint>

namespace headrace::cli {

std::string CheckCount(const std::string& text) {
  constexpr std::uint32_t kMax = 1'000'000'000;
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, wrong] = std::from_chars(text.data(), end, number);
  if (wrong == std::errc() && rest == end && number <= kMax) return {};
  return text + " is not a whole number from 0 to " + std::to_string(kMax);
}

}  // namespace headrace::cli
