#include "common/graph/sqlite_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "common/graph/episode_columns.h"
#include "common/graph/sqlite_errors.h"
#include "common/graph/sqlite_schema.h"

namespace headrace::graph {
namespace {

#define HEADRACE_SELECT              \
  "SELECT " HEADRACE_EPISODE_COLUMNS \
  ", e.metadata FROM episode AS e LEFT JOIN thread AS t ON t.id = e.thread_ref"

constexpr const char* kOfGraph =
    HEADRACE_SELECT " WHERE e.graph_id = ? AND e.seq > ? ORDER BY e.seq LIMIT ?";
constexpr const char* kOfThread =
    HEADRACE_SELECT " WHERE e.thread_ref = ? AND e.thread_seq > ? ORDER BY e.thread_seq LIMIT ?";

#undef HEADRACE_SELECT

struct EpisodeRow : SqliteRow {
  std::optional<Uuid> Id(int column) const { return Uuid::Parse(Text(column)); }
  Timestamp Time(int column) const { return Timestamp(std::chrono::microseconds(Int(column))); }
};

Error NoSuch(std::string_view what) {
  return NotFound("the store has no episode of this " + std::string(what));
}

}  // namespace

Result<std::unique_ptr<SqliteReader>> SqliteReader::Open(const SqliteSettings& settings) {
  auto connection = OpenSqliteDatabase(settings);
  if (!connection.ok()) return std::move(connection).error();
  return std::unique_ptr<SqliteReader>(new SqliteReader(*std::move(connection)));
}

SqliteReader::SqliteReader(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      graphs_(*connection_),
      threads_(*connection_),
      of_graph_(*connection_, kOfGraph),
      of_thread_(*connection_, kOfThread) {}

Error SqliteReader::LastError(SqliteCode code) const {
  return CallErrorOf(code, connection_->LastMessage());
}

Result<std::vector<StoredEpisode>> SqliteReader::Read(const EpisodeQuery& query) {
  GraphRow graph;
  SqliteCode code = graphs_.Find(query.graph, graph);
  if (code != kSqliteOk && code != kSqliteDone) return LastError(code);
  // The row alone may be the memory of an erase.
  if (code == kSqliteDone || graph.next_seq == 1) return NoSuch("graph");
  if (query.thread_id.empty()) {
    of_graph_.Start().Add(graph.id);
    return Collect(query, of_graph_);
  }
  ThreadRow thread;
  code = threads_.Find(query.graph.project, query.thread_id, thread);
  if (code != kSqliteOk && code != kSqliteDone) return LastError(code);
  if (code == kSqliteDone || thread.graph_id != graph.id || thread.next_seq == 1) {
    return NoSuch("thread");
  }
  of_thread_.Start().Add(thread.id);
  return Collect(query, of_thread_);
}

Result<std::vector<StoredEpisode>> SqliteReader::Collect(const EpisodeQuery& query,
                                                         Statement& statement) {
  constexpr std::size_t kLimitMax = std::numeric_limits<std::int32_t>::max();
  statement.Add(query.after_seq).Add(static_cast<std::int64_t>(std::min(query.limit, kLimitMax)));
  std::vector<StoredEpisode> episodes;
  SqliteCode code = statement.Step();
  for (; code == kSqliteRow; code = statement.Step()) {
    auto episode = EpisodeOf(EpisodeRow{statement.row()}, query.graph);
    if (!episode.ok()) {
      statement.Reset();
      return std::move(episode).error();
    }
    episodes.push_back(*std::move(episode));
  }
  if (code != kSqliteDone) {
    Error error = LastError(code);
    statement.Reset();
    return error;
  }
  statement.Reset();
  return episodes;
}

Status SqliteReader::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  SqliteCode code = connection_->Run("BEGIN IMMEDIATE");
  if (code == kSqliteOk) code = EraseInTransaction(graph, incarnation);
  if (code == kSqliteOk) code = connection_->Run("COMMIT");
  if (code == kSqliteOk) return {};
  Error error = LastError(code);
  connection_->RollBack();
  return error;
}

// A graph that is not there yet gets its row now: the memory must be older than the first late
// item.
SqliteCode SqliteReader::EraseInTransaction(const GraphKey& graph, std::uint32_t incarnation) {
  const Timestamp now = SystemClock().WallNow();
  GraphRow row;
  const SqliteCode code = graphs_.FindOrAdd(graph, now, row);
  return code == kSqliteOk ? graphs_.Erase(incarnation, now, row) : code;
}

}  // namespace headrace::graph
