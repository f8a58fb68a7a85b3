#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace headrace::graph {

struct PostgresSettings {
  std::string conninfo;  // the URL without our own parameters: holds a password, never shown
  std::string schema = "agent_memory";
  std::size_t connections = 4;  // that write
  // Of one chunk, from sending it to its answer. A server that is silent for longer is given up;
  // the chunk is tried again on a new connection.
  std::chrono::milliseconds timeout{60'000};
  bool auto_migrate = false;
};

}  // namespace headrace::graph
