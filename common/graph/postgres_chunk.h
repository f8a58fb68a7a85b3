// A chunk as the parameters of apply_chunk (postgres_apply.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/graph/postgres_arrays.h"
#include "common/model/item_parser.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// Items that one call can write: no uuid twice, each graph's of one incarnation, each thread's of
// one graph.
using PostgresRun = std::vector<std::size_t>;  // positions in the chunk, in order

// Parses what a chunk holds, naming what does not parse; and cuts it into runs, nearly always one.
// Keeps its buffers. Used by one thread.
class ChunkReader {
 public:
  ChunkReader();
  // The items stand in items(), at their positions, until the next call.
  std::vector<PostgresRun> Read(const Chunk& chunk, std::vector<ItemFailure>& failures);
  const std::vector<Item>& items() const { return items_; }

 private:
  // Of the run at hand.
  struct Seen {
    std::set<Uuid> episodes;
    std::map<GraphKey, std::uint32_t> incarnations;
    std::map<std::pair<std::string, std::string>, GraphKey> threads;  // by project and thread id
  };

  bool Fits(const WriteItem& write, const Item& item);

  ItemParser parser_;
  Seen seen_;
  std::vector<Item> items_;
};

// What apply_chunk gets for the positions of a run, without the sources' tokens.
std::vector<PostgresValue> RunValues(const Chunk& chunk, const std::vector<Item>& items,
                                     const PostgresRun& run);

}  // namespace headrace::graph
