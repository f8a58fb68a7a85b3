#pragma once

#include <string>
#include <vector>

namespace headrace::graph {

// What bringing a store's tables up to date did, or would do. What another process did meanwhile is
// not in it.
struct MigrationReport {
  int from = 0;                    // version found; 0: no tables
  int to = 0;                      // 0: a store of this kind has none
  std::vector<std::string> steps;  // "VERSION: what"
};

}  // namespace headrace::graph
