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
  const std::vector<SourceClaims::Open> claims = claims_.Tokenless();
  if (claims.empty()) return std::nullopt;
  PostgresArray names(PostgresType::kText);
  for (const SourceClaims::Open& claim : claims) names.Add(claim.source);
  const PostgresAnswer answer = connection.Run(
      "SELECT source, token, {durably} FROM {schema}.draw_tokens($1)", {names.Take()});
  if (answer.error()) return answer.error();
  for (int row = 0; row < answer.rows(); ++row) {
    const auto claim = std::find_if(claims.begin(), claims.end(), [&](const auto& one) {
      return one.source == answer.Bytes(row, 0);
    });
    if (claim != claims.end()) claims_.SetToken(*claim, answer.Int(row, 1));
  }
  return std::nullopt;
}

}  // namespace headrace::graph
