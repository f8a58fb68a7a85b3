#include "common/base/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace headrace {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;
// Largest first: Format picks the first that divides the value.
constexpr std::array<Unit, 5> kDurations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes{
    {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"", 1}}};

template <std::size_t N>
std::optional<std::uint64_t> ParseWithUnit(std::string_view text,
                                           const std::array<Unit, N>& units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()} / factor) {
      return std::nullopt;
    }
    return number * factor;
  }
  if (unit.empty() && number == 0) return 0;
  return std::nullopt;
}

template <std::size_t N>
std::string FormatWithUnit(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const auto& [name, factor] : units) {
    if (value != 0 && value % factor == 0) {
      return std::to_string(value / factor).append(name);
    }
  }
  return "0";
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto value = ParseWithUnit(text, kDurations);
  if (!value) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  return FormatWithUnit(static_cast<std::uint64_t>(duration.count()), kDurations);
}

std::optional<std::uint64_t> ParseBytes(std::string_view text) {
  return ParseWithUnit(text, kSizes);
}

std::string FormatBytes(std::uint64_t bytes) { return FormatWithUnit(bytes, kSizes); }

}  // namespace headrace
