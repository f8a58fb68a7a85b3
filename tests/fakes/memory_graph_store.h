// The graph store in memory. Chunks wait until the test lets them complete, and fail on demand.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/ports/graph_store.h"

namespace headrace::fakes {

// One thread calls everything. It CHECKs what a caller of a graph store promises: never two chunks
// of one graph under way, never more than traits allow.
class MemoryGraphStore final : public GraphStore {
 public:
  // What to do with a chunk instead of applying it.
  using Verdict = std::function<std::optional<StoreError>(const Chunk&)>;

  explicit MemoryGraphStore(StoreTraits traits = {}) : traits_(traits) {}

  StoreTraits traits() const override { return traits_; }
  ClaimId Claim(std::string_view source) override;
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override;
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override;
  void Stop() override {}

  // As another worker's store would claim it.
  void ClaimElsewhere(const std::string& source) { claims_[source] = ++last_claim_; }

  // Completes the oldest waiting chunk, or all of them; returns how many.
  std::size_t CompleteOne();
  std::size_t CompleteAll();
  // Completes the newest waiting chunk: a store may end them in any order.
  void CompleteNewest();
  std::size_t waiting() const { return waiting_.size(); }
  std::size_t items_waiting() const;
  // Whether an item whose payload contains `text` waits.
  bool HasWaiting(const std::string& text) const;
  // The process that submitted what waits is gone.
  void ForgetWaiting();

  // Judges every chunk from now on; an empty function applies them.
  void SetVerdict(Verdict verdict) { verdict_ = std::move(verdict); }
  // Items whose payload contains `text` fail by name.
  void FailItemsWith(std::string text) { fail_text_ = std::move(text); }

  // Payloads in the order in which they were applied, by graph key; a repeat is not applied again.
  const std::vector<std::string>& Applied(const std::string& graph) { return applied_[graph]; }
  std::size_t applied_count() const { return episodes_.size(); }
  std::size_t duplicates() const { return duplicates_; }
  std::size_t chunks() const { return chunks_; }
  std::size_t claims() const { return last_claim_; }  // that were given

 private:
  struct Waiting {
    Chunk chunk;
    ChunkSink* sink;
  };
  void Complete(Waiting next);
  bool IsFenced(const Chunk& chunk) const;
  ChunkResult Apply(const Chunk& chunk);

  const StoreTraits traits_;
  std::deque<Waiting> waiting_;
  std::set<std::string> busy_graphs_;
  Verdict verdict_;
  std::string fail_text_;
  std::map<std::string, std::vector<std::string>> applied_;
  ClaimId last_claim_ = kNoClaim;
  std::map<std::string, ClaimId, std::less<>> claims_;  // by source
  std::set<Uuid> episodes_;
  std::size_t duplicates_ = 0;
  std::size_t chunks_ = 0;
};

}  // namespace headrace::fakes
