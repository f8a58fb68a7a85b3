// Checks of option values that say what is wanted, instead of CLI11's "Could not convert".
#pragma once

#include <string>

namespace headrace::cli {

// For CLI::Option::check: empty, or what is wrong. Whole numbers from 0 to 1000000000.
std::string CheckCount(const std::string& text);
// The same from 1.
std::string CheckPositiveCount(const std::string& text);
// A filter that is empty is a variable of a script that was not set, and would take everything.
std::string CheckNotEmpty(const std::string& text);

}  // namespace headrace::cli
