#include "common/graph/postgres_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "common/graph/episode_columns.h"
#include "common/graph/group_id.h"

namespace headrace::graph {
namespace {

// Rows with next_seq 1 are the memory of an erase, or of a thread without episodes.
constexpr const char* kGraphPlace =
    "SELECT id FROM {schema}.graph"
    " WHERE project_id = $1 AND kind = $2 AND external_id = $3 AND next_seq > 1";
constexpr const char* kThreadPlace =
    "SELECT t.id FROM {schema}.thread AS t JOIN {schema}.graph AS g ON g.id = t.graph_id"
    " WHERE g.project_id = $1 AND g.kind = $2 AND g.external_id = $3 AND t.project_id = $1"
    " AND t.thread_id = $4 AND t.next_seq > 1";

#define HEADRACE_SELECT                           \
  "SELECT " HEADRACE_EPISODE_COLUMNS              \
  ", e.metadata::text FROM {schema}.episode AS e" \
  " LEFT JOIN {schema}.thread AS t ON t.id = e.thread_ref"

constexpr const char* kOfGraph =
    HEADRACE_SELECT " WHERE e.graph_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3";
constexpr const char* kOfThread =
    HEADRACE_SELECT " WHERE e.thread_ref = $1 AND e.thread_seq > $2 ORDER BY e.thread_seq LIMIT $3";

#undef HEADRACE_SELECT

struct EpisodeRow {
  const PostgresAnswer& rows;
  int row;

  std::int64_t Int(int column) const { return rows.Int(row, column); }
  std::string_view Text(int column) const { return rows.Bytes(row, column); }
  bool IsNull(int column) const { return rows.IsNull(row, column); }
  std::optional<Uuid> Id(int column) const { return ReadUuid(Text(column)); }
  Timestamp Time(int column) const { return ReadTime(Text(column)); }
};

std::vector<PostgresValue> NamesOf(const GraphKey& graph) {
  return {TextValue(graph.project), TextValue(GraphKindName(graph.kind)), TextValue(graph.id)};
}

}  // namespace

// The id of the graph's or thread's row.
Result<std::int64_t> PostgresReader::PlaceOf(const EpisodeQuery& query) {
  std::vector<PostgresValue> names = NamesOf(query.graph);
  const bool thread = !query.thread_id.empty();
  if (thread) names.push_back(TextValue(query.thread_id));
  const PostgresAnswer place = connection_.Run(thread ? kThreadPlace : kGraphPlace, names);
  if (place.error()) return CallErrorOf(*place.error());
  if (place.rows() > 0) return place.Int(0, 0);
  return NotFound("the store has no episode of this " + std::string(thread ? "thread" : "graph"));
}

Result<std::vector<StoredEpisode>> PostgresReader::Read(const EpisodeQuery& query) {
  const auto place = PlaceOf(query);
  if (!place.ok()) return place.error();
  constexpr std::size_t kLimitMax = std::numeric_limits<std::int32_t>::max();
  const auto limit = static_cast<std::int64_t>(std::min(query.limit, kLimitMax));
  const PostgresAnswer rows =
      connection_.Run(query.thread_id.empty() ? kOfGraph : kOfThread,
                      {Int8Value(*place), Int8Value(query.after_seq), Int8Value(limit)});
  if (rows.error()) return CallErrorOf(*rows.error());
  std::vector<StoredEpisode> episodes;
  episodes.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    auto episode = EpisodeOf(EpisodeRow{rows, row}, query.graph);
    if (!episode.ok()) return std::move(episode).error();
    episodes.push_back(*std::move(episode));
  }
  return episodes;
}

Status PostgresReader::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  std::vector<PostgresValue> values = NamesOf(graph);
  values.push_back(TextValue(PreferredGroupId(graph)));
  values.push_back(TextValue(EscapedGroupId(graph)));
  values.push_back(Int8Value(incarnation));
  const PostgresAnswer answer =
      connection_.Run("SELECT {schema}.erase_graph($1, $2, $3, $4, $5, $6), {durably}", values);
  if (answer.error()) return CallErrorOf(*answer.error());
  return {};
}

}  // namespace headrace::graph
