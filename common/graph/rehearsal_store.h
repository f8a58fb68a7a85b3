// Makes any store slow, failing or deadly on demand, so that operators can rehearse.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "common/base/bounded_queue.h"
#include "common/graph/rate_budget.h"
#include "common/graph/rehearsal_plan.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// Thousands of items may wait at once and cost no thread: chunks lie in a DelayLine of one thread
// that sleeps until the next is due, and go on to the store behind in chunks of that store's size.
// Reading and erasing are neither delayed nor limited.
class RehearsalStore final : public GraphStore {
 public:
  // `budget` limits the items a second; none: nothing does.
  RehearsalStore(std::unique_ptr<GraphStore> inner, const RehearsalSettings& settings,
                 std::optional<RateBudget> budget = std::nullopt);
  ~RehearsalStore() override;

  StoreTraits traits() const override { return traits_; }
  ClaimId Claim(std::string_view source) override;
  // Ends the process when an item asks for it; refuses at once what is above the rate.
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override;
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override;
  void Stop() override;

 private:
  // A caller's chunk, or one that the store behind has done, or nothing but a reason to look up.
  struct Event {
    Chunk chunk;
    ChunkSink* sink = nullptr;
    std::optional<ChunkResult> done;
    SteadyTime at{};  // submitted
  };
  struct InnerSink final : ChunkSink {
    explicit InnerSink(BoundedQueue<Event>& events) : inbox(events) {}
    void OnChunkDone(ChunkResult result, Chunk chunk) override;
    BoundedQueue<Event>& inbox;
  };
  // What the thread owns.
  struct Loop {
    DelayLine waiting;
    std::map<std::uint64_t, DueChunks> in_store;  // by the token of the inner chunk
    std::uint64_t last_token = 0;
  };

  void Run();
  std::chrono::microseconds PauseOf(const Loop& loop) const;
  void Handle(Event event, Loop& loop);
  void PassOn(DueChunks due, Loop& loop);
  void Report(std::vector<DoneChunk> done);

  const std::unique_ptr<GraphStore> inner_;
  const RehearsalSettings settings_;
  std::optional<RateBudget> budget_;  // used by the callers of Submit
  const StoreTraits inner_traits_;
  const StoreTraits traits_;
  BoundedQueue<Event> inbox_;
  InnerSink inner_sink_;
  std::atomic<std::size_t> under_way_ = 0;  // chunks taken and not yet reported
  std::atomic<bool> stopping_ = false;
  std::jthread thread_;
};

}  // namespace headrace::graph
