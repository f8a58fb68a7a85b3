// The table thread.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/clock.h"
#include "common/graph/sqlite_graphs.h"
#include "common/graph/sqlite_handles.h"
#include "common/model/ids.h"

namespace headrace::graph {

struct ThreadRow {
  std::int64_t id = 0;
  std::int64_t graph_id = 0;
  std::int64_t next_seq = 1;
  // Of the episodes that this transaction added.
  std::optional<Uuid> first_added;
  std::optional<Uuid> last_added;
};

// A thread that is to be there: its names, and the event time of its first message.
struct ThreadName {
  std::string_view project;
  std::string_view thread_id;
  Timestamp first_valid_at{};
};

// Used by one thread within its transactions.
class ThreadTable {
 public:
  explicit ThreadTable(Connection& connection);

  // kSqliteDone when there is no such thread.
  SqliteCode Find(std::string_view project, std::string_view thread_id, ThreadRow& row);
  // Registers the thread with `graph` where it is new; one that exists may be another graph's.
  SqliteCode FindOrAdd(const ThreadName& name, const GraphRow& graph, Timestamp now,
                       ThreadRow& row);
  // Does nothing unless episodes were added.
  SqliteCode Save(const ThreadRow& row);

 private:
  SqliteCode Add(const ThreadName& name, const GraphRow& graph, Timestamp now, ThreadRow& row);

  Connection& connection_;
  Statement find_;
  Statement add_;
  Statement save_;
};

}  // namespace headrace::graph
