// The tables graph, memory_user and ingest_progress: a graph's row and what hangs on it.
#pragma once

#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/graph/sqlite_handles.h"
#include "common/model/graph_key.h"
#include "common/model/ids.h"

namespace headrace::graph {

struct GraphRow {
  std::int64_t id = 0;
  std::string group_id;
  std::int64_t next_seq = 1;
  std::uint32_t incarnation = 0;
  std::optional<std::int64_t> user_ref;  // of a user's graph
};

// What a chunk adds to a batch's progress in a graph.
struct Progress {
  std::uint32_t last_index = 0;
  std::int64_t applied = 0;
  std::int64_t duplicates = 0;
};

// Used by one thread within its transactions.
class GraphTable {
 public:
  explicit GraphTable(Connection& connection);

  // kSqliteDone when there is no such graph.
  SqliteCode Find(const GraphKey& graph, GraphRow& row);
  // Registers the graph, and the user of a user's graph, where they are new.
  SqliteCode FindOrAdd(const GraphKey& graph, Timestamp now, GraphRow& row);
  SqliteCode Save(const GraphRow& row, Timestamp now);
  SqliteCode AddProgress(const GraphRow& row, const BatchId& batch, const Progress& progress,
                         Timestamp now);
  // Deletes all that the graph holds and leaves `row` as the memory of it, unless the graph has
  // reached that incarnation already.
  SqliteCode Erase(std::uint32_t incarnation, Timestamp now, GraphRow& row);

 private:
  SqliteCode Add(const GraphKey& graph, Timestamp now, GraphRow& row);
  SqliteCode FindOrAddUser(const GraphKey& graph, Timestamp now, GraphRow& row);
  SqliteCode DeleteAll(std::int64_t graph);

  Connection& connection_;
  Statement find_;
  Statement taken_;
  Statement add_;
  Statement save_;
  Statement find_user_;
  Statement add_user_;
  Statement add_progress_;
};

}  // namespace headrace::graph
