// Numbers as people read them. For the terminal only: JSON output has plain numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headrace::cli {

std::string FormatCount(std::uint64_t count);          // "4,498"
std::string FormatSize(double bytes);                  // "812 B", "1.6 MB" (powers of 1000)
std::string FormatRate(double per_second);             // "3,460/s", "0.4/s"
std::string FormatSpan(std::chrono::seconds span);     // "0:07", "12:05", "1:02:05"
std::string FormatSeconds(std::chrono::milliseconds);  // "1.3 s"
// Whole percent, rounded down: 100 means all, not almost all. 0 when `total` is.
int Percent(std::uint64_t part, std::uint64_t total);

// A word as a shell takes it back: quoted when it has to be.
std::string ShellQuote(std::string_view word);

// Columns side by side with two blanks between them; the first row may be a heading. Numbers (and
// their headings) are aligned to the right, everything else to the left.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows, bool heading = true);

}  // namespace headrace::cli
