// The store that keeps nothing: for measuring what everything before it costs.
#pragma once

#include <atomic>

#include "common/ports/graph_store.h"

namespace headrace::graph {

// Completes every chunk successfully from within Submit, without parsing and without a thread, so
// that a measurement shows the engine alone. Called from any thread.
class NullStore final : public GraphStore {
 public:
  StoreTraits traits() const override;
  ClaimId Claim(std::string_view) override { return ++last_claim_; }
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override;
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override;
  void Stop() override { stopped_ = true; }

 private:
  std::atomic<ClaimId> last_claim_ = kNoClaim;
  std::atomic<bool> stopped_ = false;
};

}  // namespace headrace::graph
