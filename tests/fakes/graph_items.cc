#include "tests/fakes/graph_items.h"

#include <set>
#include <utility>

#include "common/base/json_text.h"
#include "tests/fakes/collecting_sink.h"

namespace headrace::testing {
namespace {

void AppendField(std::string& json, std::string_view name, std::string_view value) {
  json += json.empty() ? '{' : ',';
  AppendJsonString(json, name);
  json += ':';
  AppendJsonString(json, value);
}

WriteItem ItemOf(const GraphKey& graph, const BatchId& batch, std::uint32_t index,
                 std::string json) {
  WriteItem item;
  item.ref = {batch, index, 0};
  item.episode = batch.ItemUuid(index);
  item.graph = graph;
  item.accepted_at = Timestamp(std::chrono::seconds(1'700'000'000 + index));
  item.payload = std::move(json) + "}";
  return item;
}

// From `first` on, as much as one chunk may hold.
Chunk NextChunk(const StoreTraits& traits, const std::vector<WriteItem>& items, std::size_t first) {
  Chunk chunk;
  std::set<GraphKey> lanes;
  for (std::size_t at = first; at < items.size(); ++at) {
    lanes.insert(*items[at].graph);
    if (chunk.items.size() == traits.chunk_items_max || lanes.size() > traits.chunk_lanes_max) {
      break;
    }
    chunk.items.push_back(items[at]);
  }
  return chunk;
}

}  // namespace

GraphKey GraphNamed(const std::string& id) { return {"default", GraphKind::kGraph, id}; }
GraphKey UserNamed(const std::string& id) { return {"default", GraphKind::kUser, id}; }

WriteItem EpisodeItem(const GraphKey& graph, const BatchId& batch, std::uint32_t index,
                      const std::string& text) {
  std::string json;
  AppendField(json, "type", "graph_episode");
  AppendField(json, graph.kind == GraphKind::kUser ? "user_id" : "graph_id", graph.id);
  AppendField(json, "data_type", "text");
  AppendField(json, "data", text);
  return ItemOf(graph, batch, index, std::move(json));
}

WriteItem MessageItem(const GraphKey& user, const std::string& thread, const BatchId& batch,
                      std::uint32_t index, const std::string& text) {
  std::string json;
  AppendField(json, "type", "thread_message");
  AppendField(json, "user_id", user.id);
  AppendField(json, "thread_id", thread);
  AppendField(json, "role", "user");
  AppendField(json, "content", text);
  return ItemOf(user, batch, index, std::move(json));
}

std::vector<WriteItem> EpisodeItems(const GraphKey& graph, const BatchId& batch,
                                    std::uint32_t first, std::uint32_t count) {
  std::vector<WriteItem> items;
  for (std::uint32_t index = first; index < first + count; ++index) {
    items.push_back(EpisodeItem(graph, batch, index, std::to_string(index)));
  }
  return items;
}

Written WriteAll(GraphStore& store, const std::vector<WriteItem>& items) {
  Written written;
  std::size_t first = 0;
  while (first < items.size()) {
    CollectingSink sink;
    Chunk chunk = NextChunk(store.traits(), items, first);
    const std::size_t count = chunk.items.size();
    store.Submit(std::move(chunk), sink);
    const std::vector<DoneChunk> done = sink.Take(1);
    for (ItemFailure failure : done[0].result.failures) {
      failure.position += first;
      written.failures.push_back(std::move(failure));
    }
    written.duplicates += done[0].result.duplicates;
    written.failed = written.failed || done[0].result.error.has_value();
    first += count;
  }
  return written;
}

}  // namespace headrace::testing
