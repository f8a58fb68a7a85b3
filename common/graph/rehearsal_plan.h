// The decisions of the rehearsal store, without its thread: how long a chunk waits, which of its
// items fail, how waiting chunks become one chunk of the store behind, and back.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/graph/store_url.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// What the decorated store asks of its callers. With a delay a chunk is one graph's items, which
// wait one after the other, and very many chunks may wait at once.
StoreTraits RehearsalTraits(const RehearsalSettings& settings, const StoreTraits& inner);

// The item that is to end the process; null when there is none.
const WriteItem* FindCrash(const RehearsalSettings& settings, const Chunk& chunk);

// A caller's chunk. While its items are with the store behind, `chunk` holds holes in their places.
struct WaitingChunk {
  Chunk chunk;
  ChunkSink* sink = nullptr;
  std::vector<std::size_t> passed_on;  // positions of those items
  std::vector<ItemFailure> failures;   // the rehearsed ones
};

// What is due at once: one chunk for the store behind (without items when all fail).
struct DueChunks {
  Chunk inner;
  std::vector<WaitingChunk> parts;
};

// A chunk that is done, for its caller.
struct DoneChunk {
  ChunkResult result;
  Chunk chunk;
  ChunkSink* sink = nullptr;
};

// Gives every part its items back and its share of the result. Which part a duplicate was in is not
// known; their sum is kept.
std::vector<DoneChunk> Split(DueChunks due, ChunkResult result, Chunk inner);

// The chunks that wait, by the time they are due. Owned by one thread.
class DelayLine {
 public:
  DelayLine(const RehearsalSettings& settings, const StoreTraits& inner)
      : settings_(settings), inner_(inner) {}

  void Add(Chunk chunk, ChunkSink& sink, SteadyTime now);
  // When the first chunk is due; empty when none waits.
  std::optional<SteadyTime> NextDue() const;
  // As many of the due chunks as one chunk of the store behind may hold; empty when none is due.
  std::optional<DueChunks> TakeDue(SteadyTime now);

 private:
  void Append(WaitingChunk waiting, DueChunks& due) const;
  bool Fails(const WriteItem& item) const;

  const RehearsalSettings settings_;
  const StoreTraits inner_;
  std::multimap<SteadyTime, WaitingChunk> waiting_;  // in order of arrival where times are equal
};

}  // namespace headrace::graph
