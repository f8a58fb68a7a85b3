#pragma once

#include <string>
#include <utility>

#include "worker/work_item.h"

namespace headrace::worker {

// An item of graph `graph` ("a" is default/g/a, "p2/b" is p2/g/b) that came from `partition`.
inline WorkItem MakeWorkItem(const std::string& graph, std::int64_t offset,
                             std::int32_t partition = 0) {
  const std::size_t slash = graph.find('/');
  WorkItem item;
  item.write.graph =
      slash == std::string::npos
          ? GraphKey{"default", GraphKind::kGraph, graph}
          : GraphKey{graph.substr(0, slash), GraphKind::kGraph, graph.substr(slash + 1)};
  item.write.ref = {BatchId{}, static_cast<std::uint32_t>(offset), 0};
  item.source = {0, partition};
  item.offset = offset;
  item.write.payload = "{}";
  return item;
}

}  // namespace headrace::worker
