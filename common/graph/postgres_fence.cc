#include "common/graph/postgres_fence.h"

#include <algorithm>
#include <string>
#include <utility>

namespace headrace::graph {

PostgresFence::Tokens PostgresFence::TokensFor(const Chunk& chunk, PostgresConnection& connection) {
  for (bool drawn = false;; drawn = true) {
    auto tokens = claims_.TokensOf(chunk);
    if (!tokens) return {{}, FencedError()};
    const bool complete = std::all_of(tokens->begin(), tokens->end(),
                                      [](const HeldToken& held) { return held.token > 0; });
    if (complete) return {*std::move(tokens), std::nullopt};
    if (drawn) return {{}, FencedError()};
    if (auto failed = Draw(connection)) return {{}, ChunkErrorOf(*failed)};
  }
}

std::optional<PostgresError> PostgresFence::Draw(PostgresConnection& connection) {
  MutexLock lock(drawing_);
  const std::vector<std::string> sources = claims_.Tokenless();
  if (sources.empty()) return std::nullopt;
  PostgresArray names(PostgresType::kText);
  for (const std::string& source : sources) names.Add(source);
  const PostgresAnswer answer = connection.Run(
      "SELECT source, token, {durably} FROM {schema}.draw_tokens($1)", {names.Take()});
  if (answer.error()) return answer.error();
  for (int row = 0; row < answer.rows(); ++row) {
    claims_.SetToken(std::string(answer.Bytes(row, 0)), answer.Int(row, 1));
  }
  return std::nullopt;
}

}  // namespace headrace::graph
