// What a measured run must prove beside being fast: every item worked on once, no item of a graph
// before an earlier one, never two of one graph at once. These are the checks that the other
// engines' harness makes in its work function; ours reads the same two numbers of each item.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/ports/graph_store.h"

namespace headrace::bench {

struct Expected {
  std::uint64_t items = 0;   // in the topic; each value holds its "index" below this
  std::uint64_t graphs = 0;  // named g0, g1, ...; each value holds its "seq" within the graph
};

// A moment of the run: when, and the processor time of this process so far.
struct Reading {
  double seconds = 0;
  double cpu_seconds = 0;
  static Reading Now();
};

// Called by the thread that submits and by those that complete.
class WorkChecks {
 public:
  // `on_all_done` is called once, by the thread that completed the last distinct item.
  WorkChecks(const Expected& expected, std::function<void()> on_all_done);

  void Begin(const Chunk& chunk);
  void End(const ChunkResult& result, const Chunk& chunk);

  // One line of JSON without its closing brace: counts, and the moments of the first item's begin,
  // of half of all items' end and of the last one's.
  std::string Report() const;

 private:
  bool EndOne(const WriteItem& item) REQUIRES(mutex_);

  const Expected expected_;
  const std::function<void()> on_all_done_;
  mutable Mutex mutex_;
  struct Counts {
    std::uint64_t distinct = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t inversions = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t strange = 0;  // items that the preload did not make
  } counts_ GUARDED_BY(mutex_);
  std::optional<Reading> first_ GUARDED_BY(mutex_);
  std::optional<Reading> half_ GUARDED_BY(mutex_);
  std::optional<Reading> last_ GUARDED_BY(mutex_);
  std::vector<std::uint8_t> seen_ GUARDED_BY(mutex_);      // by index
  std::vector<std::int64_t> last_seq_ GUARDED_BY(mutex_);  // by graph
  std::vector<std::uint32_t> at_work_ GUARDED_BY(mutex_);  // chunks, by graph
};

}  // namespace headrace::bench
