// Reads episodes back, and erases graphs, beside the writers.
#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/graph/postgres_connection.h"
#include "common/graph/postgres_settings.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// A connection of its own, opened at the first call. Used by one thread at a time.
class PostgresReader {
 public:
  PostgresReader(const PostgresSettings& settings, const PostgresPatience& patience)
      : connection_(settings, patience) {}

  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query);
  Status Erase(const GraphKey& graph, std::uint32_t incarnation);

 private:
  Result<std::int64_t> PlaceOf(const EpisodeQuery& query);

  PostgresConnection connection_;
};

}  // namespace headrace::graph
