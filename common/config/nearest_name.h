#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace::config {

// The candidate that a mistyped `name` most likely meant: the one with the fewest insertions,
// deletions, replacements and swaps of neighbours; empty when all are far away.
std::optional<std::string> NearestName(std::string_view name,
                                       const std::vector<std::string>& candidates);

// ", did you mean X?" or "".
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace headrace::config
