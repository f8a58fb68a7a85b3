#include "common/graph/null_store.h"

#include <utility>

#include "common/graph/stopped.h"

namespace headrace::graph {

StoreTraits NullStore::traits() const {
  StoreTraits traits;
  traits.chunk_items_max = 1'000;
  traits.chunk_lanes_max = 1'000;
  traits.keeps_episodes = false;
  return traits;
}

void NullStore::Submit(Chunk chunk, ChunkSink& sink) {
  if (stopped_) return RefuseChunk(std::move(chunk), sink);
  ChunkResult result;
  result.token = chunk.token;
  sink.OnChunkDone(std::move(result), std::move(chunk));
}

Result<std::vector<StoredEpisode>> NullStore::Read(const EpisodeQuery&) {
  return NotFound("the null store keeps nothing");
}

Status NullStore::Erase(const GraphKey&, std::uint32_t) { return {}; }

}  // namespace headrace::graph
