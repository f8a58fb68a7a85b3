#pragma once

#include <string>
#include <utility>

#include "worker/graph_keys.h"
#include "worker/work_item.h"

namespace headrace::worker {

// An item of graph `graph` ("a" is default/g/a, "p2/b" is p2/g/b) that came from `partition`.
inline WorkItem MakeWorkItem(const std::string& graph, std::int64_t offset,
                             std::int32_t partition = 0) {
  static GraphKeys graphs;
  const std::size_t slash = graph.find('/');
  const std::string key = slash == std::string::npos
                              ? "default/g/" + graph
                              : graph.substr(0, slash) + "/g/" + graph.substr(slash + 1);
  WorkItem item;
  item.write.graph = *graphs.Named(key);
  item.write.ref = {BatchId{}, static_cast<std::uint32_t>(offset), 0};
  item.source = {0, partition};
  item.offset = offset;
  item.write.payload = "{}";
  return item;
}

}  // namespace headrace::worker
