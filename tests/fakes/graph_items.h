// Items for tests of graph stores, and a caller that keeps to a store's traits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/ports/graph_store.h"

namespace headrace::testing {

GraphKey GraphNamed(const std::string& id);
GraphKey UserNamed(const std::string& id);

// Item `index` of the batch, in JSON as a client sends it.
WriteItem EpisodeItem(const GraphKey& graph, const BatchId& batch, std::uint32_t index,
                      const std::string& text);
WriteItem MessageItem(const GraphKey& user, const std::string& thread, const BatchId& batch,
                      std::uint32_t index, const std::string& text);
// As EpisodeItem, `count` of them from `first` on; their text is their index.
std::vector<WriteItem> EpisodeItems(const GraphKey& graph, const BatchId& batch,
                                    std::uint32_t first, std::uint32_t count);

struct Written {
  std::vector<ItemFailure> failures;  // positions in the items given
  std::uint32_t duplicates = 0;
  bool failed = false;  // a chunk as a whole
};

// Writes the items in order, in as many chunks as the store's traits ask for, one after the other.
Written WriteAll(GraphStore& store, const std::vector<WriteItem>& items);

}  // namespace headrace::testing
