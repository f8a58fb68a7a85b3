// Applies chunks over one connection, each with one statement.
#pragma once

#include <vector>

#include "common/graph/postgres_chunk.h"
#include "common/graph/postgres_connection.h"
#include "common/graph/postgres_fence.h"
#include "common/graph/postgres_settings.h"

namespace headrace::graph {

// Used by one thread.
class PostgresWriter {
 public:
  // `fence` and `patience` are shared with other writers and live as long.
  PostgresWriter(const PostgresSettings& settings, const PostgresPatience& patience,
                 PostgresFence& fence);

  ChunkResult Apply(const Chunk& chunk);
  // Before the first chunk, so that a claim holds as early as it can.
  void DrawTokens();

 private:
  // A chunk on its way.
  struct Work {
    const Chunk& chunk;
    ChunkResult& result;
    std::vector<HeldToken> tokens;
  };

  std::optional<PostgresError> Write(Work& work, const PostgresRun& run);
  std::optional<PostgresError> WriteHalves(Work& work, const PostgresRun& run);

  PostgresConnection connection_;
  PostgresFence& fence_;
  ChunkReader reader_;
};

}  // namespace headrace::graph
