// A graph store that checks the work that goes through it. It decorates the store of the URL, so
// whatever that costs is measured too.
#pragma once

#include <atomic>
#include <memory>

#include "common/ports/graph_store.h"
#include "tests/bench/wait_times.h"
#include "tests/bench/work_checks.h"

namespace headrace::bench {

// All chunks must come with the same sink.
class CheckingStore final : public GraphStore, private ChunkSink {
 public:
  CheckingStore(std::unique_ptr<GraphStore> inner, WorkChecks& checks, WaitTimes& waits);

  StoreTraits traits() const override { return inner_->traits(); }
  ClaimId Claim(std::string_view source) override { return inner_->Claim(source); }
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override;
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override;
  void Stop() override { inner_->Stop(); }

 private:
  void OnChunkDone(ChunkResult result, Chunk chunk) override;

  const std::unique_ptr<GraphStore> inner_;
  WorkChecks& checks_;
  WaitTimes& waits_;
  std::atomic<ChunkSink*> sink_ = nullptr;
};

}  // namespace headrace::bench
