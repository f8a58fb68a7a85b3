#include "producer/cli/option_checks.h"

#include <charconv>
#include <cstdint>

namespace headrace::cli {

namespace {

std::string CheckRange(const std::string& text, std::uint32_t min) {
  constexpr std::uint32_t kMax = 1'000'000'000;
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, wrong] = std::from_chars(text.data(), end, number);
  if (wrong == std::errc() && rest == end && number >= min && number <= kMax) {
    return {};
  }
  return text + " is not a whole number from " + std::to_string(min) + " to " +
         std::to_string(kMax);
}

}  // namespace

std::string CheckCount(const std::string& text) { return CheckRange(text, 0); }
std::string CheckPositiveCount(const std::string& text) { return CheckRange(text, 1); }
std::string CheckNotEmpty(const std::string& text) { return text.empty() ? "it is empty" : ""; }

}  // namespace headrace::cli
