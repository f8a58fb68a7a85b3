#include "common/graph/sqlite_fence.h"

#include <algorithm>
#include <string>
#include <utility>

namespace headrace::graph {

SqliteFence::SqliteFence(Connection& connection, SourceClaims& claims)
    : claims_(claims),
      draw_(connection,
            "INSERT INTO fence (source, token) VALUES (?, 1)"
            " ON CONFLICT (source) DO UPDATE SET token = token + 1 RETURNING token"),
      find_(connection, "SELECT token FROM fence WHERE source = ?") {}

SqliteCode SqliteFence::Draw() {
  drawn_.clear();
  for (SourceClaims::Open& claim : claims_.Tokenless()) {
    SqliteCode code = draw_.Start().Add(claim.source).Step();
    if (code == kSqliteRow) {
      drawn_.push_back({std::move(claim), draw_.row().Int(0)});
      code = draw_.Step();
    }
    draw_.Reset();
    if (code != kSqliteDone) return code;
  }
  return kSqliteOk;
}

void SqliteFence::Keep() {
  for (const Drawn& drawn : drawn_) claims_.SetToken(drawn.claim, drawn.token);
  drawn_.clear();
}

SqliteCode SqliteFence::Check(const Chunk& chunk, bool& fenced) {
  const auto tokens = claims_.TokensOf(chunk);
  fenced = !tokens;
  if (!tokens) return kSqliteOk;
  for (const HeldToken& held : *tokens) {
    const auto fresh = std::find_if(drawn_.begin(), drawn_.end(), [&](const Drawn& drawn) {
      return drawn.claim.source == held.source;
    });
    if (fresh != drawn_.end()) continue;
    const SqliteCode code = find_.Start().Add(held.source).Step();
    if (code == kSqliteRow) fenced |= find_.row().Int(0) != held.token;
    find_.Reset();
    if (code != kSqliteRow && code != kSqliteDone) return code;
    fenced |= code == kSqliteDone;
  }
  return kSqliteOk;
}

}  // namespace headrace::graph
