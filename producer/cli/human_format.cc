#include "producer/cli/human_format.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/base/utf8.h"

namespace headrace::cli {
namespace {

std::string Decimal(double value, int digits, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f%s", digits, value, unit);
  return text.data();
}

bool IsNumeric(std::string_view cell) {
  if (cell.empty()) return true;
  return cell.find_first_not_of("0123456789,.%<-") == std::string_view::npos;
}

std::size_t Width(std::string_view cell) {
  return IsValidUtf8(cell) ? CountCodePoints(cell) : cell.size();
}

}  // namespace

std::string FormatCount(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string FormatSize(double bytes) {
  constexpr std::array<const char*, 5> kUnits{" B", " kB", " MB", " GB", " TB"};
  std::size_t unit = 0;
  // 999.95 would print as "1000.0".
  while (bytes >= 999.95 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return Decimal(bytes, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string FormatRate(double per_second) {
  if (per_second < 9.95) return Decimal(per_second, 1, "/s");
  return FormatCount(static_cast<std::uint64_t>(per_second + 0.5)) + "/s";
}

std::string FormatSpan(std::chrono::seconds span) {
  const auto seconds = static_cast<unsigned long long>(std::max<std::int64_t>(0, span.count()));
  std::array<char, 64> text{};
  if (seconds >= 3600) {
    std::snprintf(text.data(), text.size(), "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%llu:%02llu", seconds / 60, seconds % 60);
  }
  return text.data();
}

std::string FormatSeconds(std::chrono::milliseconds span) {
  return Decimal(static_cast<double>(span.count()) / 1000, 1, " s");
}

int Percent(std::uint64_t part, std::uint64_t total) {
  if (total == 0) return 0;
  return static_cast<int>(100.0 * static_cast<double>(std::min(part, total)) /
                          static_cast<double>(total));
}

std::string ShellQuote(std::string_view word) {
  constexpr std::string_view kHarmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=@%+";
  if (!word.empty() && word.find_first_not_of(kHarmless) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows, bool heading) {
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    widths.resize(std::max(widths.size(), rows[row].size()), 0);
    numeric.resize(widths.size(), true);
    for (std::size_t column = 0; column < rows[row].size(); ++column) {
      widths[column] = std::max(widths[column], Width(rows[row][column]));
      if ((row > 0 || !heading) && !IsNumeric(rows[row][column])) numeric[column] = false;
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths[column] - Width(row[column]), ' ');
      if (column > 0) line += "  ";
      line += numeric[column] ? padding + row[column] : row[column] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace headrace::cli
