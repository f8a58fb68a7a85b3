#pragma once

#include <chrono>
#include <string>

namespace headrace::graph {

struct SqliteSettings {
  std::string path;
  // How long a chunk waits for other processes that write the same file before it is transient.
  std::chrono::milliseconds busy_timeout{5'000};
};

}  // namespace headrace::graph
