// Draws tokens in the database: who drew the newest for a source may write its items.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/base/mutex.h"
#include "common/graph/postgres_connection.h"
#include "common/graph/source_claims.h"

namespace headrace::graph {

// Shared by the store's threads.
class PostgresFence {
 public:
  ClaimId Claim(std::string_view source) { return claims_.Add(source); }

  // What the chunk's items are written under; draws what has not been drawn yet. An error of the
  // class kFenced means that a claim is void.
  struct Tokens {
    std::vector<HeldToken> held;
    std::optional<StoreError> error;
  };
  Tokens TokensFor(const Chunk& chunk, PostgresConnection& connection);
  // Draws for all claims that wait for it.
  std::optional<PostgresError> Draw(PostgresConnection& connection);

 private:
  SourceClaims claims_;
  // One draw at a time: two for one source would fence each other.
  Mutex drawing_;
};

}  // namespace headrace::graph
