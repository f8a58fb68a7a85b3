#include "tests/fakes/memory_graph_store.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/model/refusal_codes.h"

namespace headrace::fakes {

ClaimId MemoryGraphStore::Claim(std::string_view source) {
  return claims_[std::string(source)] = ++last_claim_;
}

bool MemoryGraphStore::IsFenced(const Chunk& chunk) const {
  return std::any_of(chunk.items.begin(), chunk.items.end(), [&](const WriteItem& item) {
    return item.claim != kNoClaim &&
           std::none_of(claims_.begin(), claims_.end(),
                        [&](const auto& entry) { return entry.second == item.claim; });
  });
}

void MemoryGraphStore::Submit(Chunk chunk, ChunkSink& sink) {
  CHECK(waiting_.size() < traits_.chunks_in_flight_max);
  CHECK(!chunk.items.empty() && chunk.items.size() <= traits_.chunk_items_max);
  std::set<std::string> graphs;
  for (const WriteItem& item : chunk.items) graphs.insert(item.graph->ToString());
  CHECK(graphs.size() <= traits_.chunk_lanes_max);
  for (const std::string& graph : graphs) CHECK(busy_graphs_.insert(graph).second);
  waiting_.push_back({std::move(chunk), &sink});
}

std::size_t MemoryGraphStore::CompleteOne() {
  if (waiting_.empty()) return 0;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  Complete(std::move(next));
  return 1;
}

void MemoryGraphStore::CompleteNewest() {
  CHECK(!waiting_.empty());
  Waiting next = std::move(waiting_.back());
  waiting_.pop_back();
  Complete(std::move(next));
}

void MemoryGraphStore::Complete(Waiting next) {
  ++chunks_;
  for (const WriteItem& item : next.chunk.items) busy_graphs_.erase(item.graph->ToString());
  std::optional<StoreError> error;
  if (IsFenced(next.chunk)) {
    error = StoreError{StoreErrorClass::kFenced, "fenced", "claimed by another", {}};
  } else if (verdict_) {
    error = verdict_(next.chunk);
  }
  ChunkResult result;
  if (error) {
    result.error = std::move(error);
  } else {
    result = Apply(next.chunk);
  }
  result.token = next.chunk.token;
  next.sink->OnChunkDone(std::move(result), std::move(next.chunk));
}

std::size_t MemoryGraphStore::CompleteAll() {
  std::size_t count = 0;
  while (CompleteOne() > 0) ++count;
  return count;
}

std::size_t MemoryGraphStore::items_waiting() const {
  std::size_t count = 0;
  for (const Waiting& waiting : waiting_) count += waiting.chunk.items.size();
  return count;
}

bool MemoryGraphStore::HasWaiting(const std::string& text) const {
  for (const Waiting& waiting : waiting_) {
    for (const WriteItem& item : waiting.chunk.items) {
      if (item.payload.find(text) != std::string::npos) return true;
    }
  }
  return false;
}

void MemoryGraphStore::ForgetWaiting() {
  waiting_.clear();
  busy_graphs_.clear();
}

ChunkResult MemoryGraphStore::Apply(const Chunk& chunk) {
  ChunkResult result;
  for (std::size_t i = 0; i < chunk.items.size(); ++i) {
    const WriteItem& item = chunk.items[i];
    if (!fail_text_.empty() && item.payload.find(fail_text_) != std::string::npos) {
      result.failures.push_back(
          {i, std::string(codes::kRehearsedFailure), "asked for by the test", false});
    } else if (!episodes_.insert(item.episode).second) {
      ++result.duplicates;
      ++duplicates_;
    } else {
      applied_[item.graph->ToString()].push_back(item.payload);
    }
  }
  return result;
}

Result<std::vector<StoredEpisode>> MemoryGraphStore::Read(const EpisodeQuery&) {
  return NotFound("the store in memory keeps payloads only; see Applied");
}

Status MemoryGraphStore::Erase(const GraphKey& graph, std::uint32_t) {
  applied_.erase(graph.ToString());
  return {};
}

}  // namespace headrace::fakes
