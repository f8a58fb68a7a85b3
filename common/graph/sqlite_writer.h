// Applies chunks to the file, one transaction each.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/graph/sqlite_episodes.h"
#include "common/graph/sqlite_fence.h"
#include "common/graph/sqlite_graphs.h"
#include "common/graph/sqlite_handles.h"
#include "common/graph/sqlite_settings.h"
#include "common/graph/sqlite_threads.h"
#include "common/model/item_parser.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// Owns its connection; used by one thread.
//
// Nothing of a graph or thread is remembered from one chunk to the next: another process may have
// written the file meanwhile. Within the transaction the rows are ours alone, so that each is read
// once, advanced in memory by what was really inserted, and written back before the commit. That
// keeps seq free of gaps whatever is replayed.
class SqliteWriter {
 public:
  // `claims` lives as long.
  static Result<std::unique_ptr<SqliteWriter>> Open(const SqliteSettings& settings,
                                                    SourceClaims& claims);

  ChunkResult Apply(const Chunk& chunk);
  // Before the first chunk, so that a claim holds as early as it can.
  void DrawTokens();

 private:
  // The rows that one chunk has touched.
  struct Touched {
    Timestamp now{};
    std::map<GraphKey, GraphRow> graphs;
    std::map<std::pair<std::string, std::string>, ThreadRow> threads;  // by project and thread id
    std::map<std::pair<GraphKey, BatchId>, Progress> progress;
  };

  SqliteWriter(std::unique_ptr<Connection> connection, SourceClaims& claims);

  SqliteCode WriteAll(const Chunk& chunk, ChunkResult& result);
  SqliteCode WriteOne(const Chunk& chunk, std::size_t position, ChunkResult& result);
  SqliteCode Place(const WriteItem& write, std::size_t position, ChunkResult& result);
  SqliteCode Insert(const WriteItem& write, GraphRow& graph, ThreadRow* thread,
                    ChunkResult& result);
  SqliteCode GraphOf(const WriteItem& write, GraphRow*& row);
  SqliteCode ThreadOf(const WriteItem& write, const GraphRow& graph, ThreadRow*& row);
  SqliteCode EraseOlder(const WriteItem& write, GraphRow& row);
  SqliteCode SaveTouched();

  std::unique_ptr<Connection> connection_;
  SqliteFence fence_;
  GraphTable graphs_;
  ThreadTable threads_;
  EpisodeTable episodes_;
  ItemParser parser_;
  Item item_;  // the one being written
  Touched touched_;
};

}  // namespace headrace::graph
