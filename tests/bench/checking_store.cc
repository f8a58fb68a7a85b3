#include "tests/bench/checking_store.h"

#include <utility>

#include "common/base/check.h"

namespace headrace::bench {

CheckingStore::CheckingStore(std::unique_ptr<GraphStore> inner, WorkChecks& checks,
                             WaitTimes& waits)
    : inner_(std::move(inner)), checks_(checks), waits_(waits) {}

void CheckingStore::Submit(Chunk chunk, ChunkSink& sink) {
  ChunkSink* const known = sink_.exchange(&sink);
  CHECK(known == nullptr || known == &sink);
  checks_.Begin(chunk);
  inner_->Submit(std::move(chunk), *this);
}

void CheckingStore::OnChunkDone(ChunkResult result, Chunk chunk) {
  waits_.End(chunk);
  checks_.End(result, chunk);
  sink_.load()->OnChunkDone(std::move(result), std::move(chunk));
}

Result<std::vector<StoredEpisode>> CheckingStore::Read(const EpisodeQuery& query) {
  return inner_->Read(query);
}

Status CheckingStore::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  return inner_->Erase(graph, incarnation);
}

}  // namespace headrace::bench
