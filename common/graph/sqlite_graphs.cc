#include "common/graph/sqlite_graphs.h"

#include "common/graph/episode_row.h"
#include "common/graph/group_id.h"

namespace headrace::graph {
namespace {

std::int64_t Micros(Timestamp time) { return time.time_since_epoch().count(); }

}  // namespace

GraphTable::GraphTable(Connection& connection)
    : connection_(connection),
      find_(connection,
            "SELECT id, group_id, next_seq, incarnation FROM graph"
            " WHERE project_id = ? AND kind = ? AND external_id = ?"),
      taken_(connection, "SELECT 1 FROM graph WHERE project_id = ? AND group_id = ?"),
      add_(connection,
           "INSERT INTO graph (project_id, kind, external_id, group_id, created_at, updated_at)"
           " VALUES (?, ?, ?, ?, ?, ?)"),
      save_(connection,
            "UPDATE graph SET next_seq = ?, incarnation = ?, updated_at = ? WHERE id = ?"),
      find_user_(connection, "SELECT id FROM memory_user WHERE graph_id = ?"),
      add_user_(connection,
                "INSERT INTO memory_user (project_id, user_id, graph_id, created_at)"
                " VALUES (?, ?, ?, ?)"),
      add_progress_(connection,
                    "INSERT INTO ingest_progress"
                    " (graph_id, batch_id, last_batch_seq, applied, duplicates, updated_at)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (graph_id, batch_id) DO UPDATE SET"
                    " last_batch_seq = max(last_batch_seq, excluded.last_batch_seq),"
                    " applied = applied + excluded.applied,"
                    " duplicates = duplicates + excluded.duplicates,"
                    " updated_at = excluded.updated_at") {}

SqliteCode GraphTable::Find(const GraphKey& graph, GraphRow& row) {
  const SqliteCode code =
      find_.Start().Add(graph.project).Add(GraphKindName(graph.kind)).Add(graph.id).Step();
  if (code == kSqliteRow) {
    row.id = find_.row().Int(0);
    row.group_id = find_.row().Text(1);
    row.next_seq = find_.row().Int(2);
    row.incarnation = static_cast<std::uint32_t>(find_.row().Int(3));
  }
  find_.Reset();
  return code == kSqliteRow ? kSqliteOk : code;
}

SqliteCode GraphTable::FindOrAdd(const GraphKey& graph, Timestamp now, GraphRow& row) {
  SqliteCode code = Find(graph, row);
  if (code == kSqliteDone) code = Add(graph, now, row);
  if (code != kSqliteOk || graph.kind != GraphKind::kUser) return code;
  return FindOrAddUser(graph, now, row);
}

SqliteCode GraphTable::Add(const GraphKey& graph, Timestamp now, GraphRow& row) {
  row = GraphRow();
  row.group_id = PreferredGroupId(graph);
  const SqliteCode taken = taken_.Start().Add(graph.project).Add(row.group_id).Step();
  taken_.Reset();
  if (taken != kSqliteRow && taken != kSqliteDone) return taken;
  // A user and a graph may share an id; their episodes must not share a group.
  if (taken == kSqliteRow) row.group_id = EscapedGroupId(graph);
  const SqliteCode code = add_.Start()
                              .Add(graph.project)
                              .Add(GraphKindName(graph.kind))
                              .Add(graph.id)
                              .Add(row.group_id)
                              .Add(Micros(now))
                              .Add(Micros(now))
                              .Run();
  row.id = connection_.LastInsertId();
  return code;
}

SqliteCode GraphTable::FindOrAddUser(const GraphKey& graph, Timestamp now, GraphRow& row) {
  SqliteCode code = find_user_.Start().Add(row.id).Step();
  if (code == kSqliteRow) row.user_ref = find_user_.row().Int(0);
  find_user_.Reset();
  if (code == kSqliteRow) return kSqliteOk;
  if (code != kSqliteDone) return code;
  code = add_user_.Start().Add(graph.project).Add(graph.id).Add(row.id).Add(Micros(now)).Run();
  row.user_ref = connection_.LastInsertId();
  return code;
}

SqliteCode GraphTable::Save(const GraphRow& row, Timestamp now) {
  return save_.Start()
      .Add(row.next_seq)
      .Add(static_cast<std::int64_t>(row.incarnation))
      .Add(Micros(now))
      .Add(row.id)
      .Run();
}

SqliteCode GraphTable::AddProgress(const GraphRow& row, const BatchId& batch,
                                   const Progress& progress, Timestamp now) {
  const std::string batch_text = batch.ToString();
  return add_progress_.Start()
      .Add(row.id)
      .Add(batch_text)
      .Add(static_cast<std::int64_t>(progress.last_index))
      .Add(progress.applied)
      .Add(progress.duplicates)
      .Add(Micros(now))
      .Run();
}

SqliteCode GraphTable::Erase(std::uint32_t incarnation, Timestamp now, GraphRow& row) {
  if (row.incarnation >= incarnation) return kSqliteOk;
  if (SqliteCode code = DeleteAll(row.id); code != kSqliteOk) return code;
  row.incarnation = incarnation;
  row.next_seq = 1;
  row.user_ref.reset();
  return Save(row, now);
}

// Children before parents. Erasing is rare, so its statements are not kept.
SqliteCode GraphTable::DeleteAll(std::int64_t graph) {
  for (const char* sql :
       {"DELETE FROM episode WHERE graph_id = ?", "DELETE FROM thread WHERE graph_id = ?",
        "DELETE FROM memory_user WHERE graph_id = ?",
        "DELETE FROM ingest_progress WHERE graph_id = ?"}) {
    Statement statement(connection_, sql);
    if (SqliteCode code = statement.Start().Add(graph).Run(); code != kSqliteOk) return code;
  }
  return kSqliteOk;
}

}  // namespace headrace::graph
