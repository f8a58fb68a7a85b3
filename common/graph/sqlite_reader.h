// Reads episodes back, and erases graphs, beside the writer.
#pragma once

#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/graph/sqlite_graphs.h"
#include "common/graph/sqlite_handles.h"
#include "common/graph/sqlite_settings.h"
#include "common/graph/sqlite_threads.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// A connection of its own, so that neither call waits behind the chunks that are queued: a read
// sees the last commit (WAL), an erase waits for the running transaction only. Used by one thread
// at a time.
class SqliteReader {
 public:
  static Result<std::unique_ptr<SqliteReader>> Open(const SqliteSettings& settings);

  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query);
  Status Erase(const GraphKey& graph, std::uint32_t incarnation);

 private:
  explicit SqliteReader(std::unique_ptr<Connection> connection);

  Result<std::vector<StoredEpisode>> Collect(const EpisodeQuery& query, Statement& statement);
  SqliteCode EraseInTransaction(const GraphKey& graph, std::uint32_t incarnation);
  Error LastError(SqliteCode code) const;

  std::unique_ptr<Connection> connection_;
  GraphTable graphs_;
  ThreadTable threads_;
  Statement of_graph_;
  Statement of_thread_;
};

}  // namespace headrace::graph
