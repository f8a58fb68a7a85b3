#include "common/graph/sqlite_threads.h"

#include <string>

namespace headrace::graph {

ThreadTable::ThreadTable(Connection& connection)
    : connection_(connection),
      find_(connection,
            "SELECT id, graph_id, next_seq FROM thread WHERE project_id = ? AND thread_id = ?"),
      add_(connection,
           "INSERT INTO thread (project_id, thread_id, graph_id, saga_uuid, created_at,"
           " ingested_at, user_ref) VALUES (?, ?, ?, ?, ?, ?, ?)"),
      save_(connection,
            "UPDATE thread SET next_seq = ?, last_episode_uuid = ?,"
            " first_episode_uuid = coalesce(first_episode_uuid, ?) WHERE id = ?") {}

SqliteCode ThreadTable::Find(std::string_view project, std::string_view thread_id, ThreadRow& row) {
  const SqliteCode code = find_.Start().Add(project).Add(thread_id).Step();
  if (code == kSqliteRow) {
    row = ThreadRow();
    row.id = find_.row().Int(0);
    row.graph_id = find_.row().Int(1);
    row.next_seq = find_.row().Int(2);
  }
  find_.Reset();
  return code == kSqliteRow ? kSqliteOk : code;
}

SqliteCode ThreadTable::FindOrAdd(const ThreadName& name, const GraphRow& graph, Timestamp now,
                                  ThreadRow& row) {
  const SqliteCode code = Find(name.project, name.thread_id, row);
  return code == kSqliteDone ? Add(name, graph, now, row) : code;
}

SqliteCode ThreadTable::Add(const ThreadName& name, const GraphRow& graph, Timestamp now,
                            ThreadRow& row) {
  const std::string saga =
      Uuid::FromParts({"saga", name.project, graph.group_id, name.thread_id}).ToString();
  add_.Start()
      .Add(name.project)
      .Add(name.thread_id)
      .Add(graph.id)
      .Add(saga)
      .Add(name.first_valid_at.time_since_epoch().count())
      .Add(now.time_since_epoch().count());
  const SqliteCode code = (graph.user_ref ? add_.Add(*graph.user_ref) : add_.AddNull()).Run();
  row = ThreadRow();
  row.id = connection_.LastInsertId();
  row.graph_id = graph.id;
  return code;
}

SqliteCode ThreadTable::Save(const ThreadRow& row) {
  if (!row.first_added || !row.last_added) return kSqliteOk;
  const std::string first = row.first_added->ToString();
  const std::string last = row.last_added->ToString();
  return save_.Start().Add(row.next_seq).Add(last).Add(first).Add(row.id).Run();
}

}  // namespace headrace::graph
