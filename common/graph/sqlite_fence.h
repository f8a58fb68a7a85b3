// The table fence: who drew the newest token for a source may write its items.
#pragma once

#include <vector>

#include "common/graph/source_claims.h"
#include "common/graph/sqlite_handles.h"

namespace headrace::graph {

// Used by one thread within its transactions; claims are added by others meanwhile.
class SqliteFence {
 public:
  SqliteFence(Connection& connection, SourceClaims& claims);

  // Draws for all claims that wait for it. What is drawn counts when the transaction is committed
  // and Keep is called.
  SqliteCode Draw();
  void Keep();
  // Whether somebody else owns what the chunk's items come from.
  SqliteCode Check(const Chunk& chunk, bool& fenced);

 private:
  struct Drawn {
    SourceClaims::Open claim;
    std::int64_t token;
  };

  SourceClaims& claims_;
  std::vector<Drawn> drawn_;
  Statement draw_;
  Statement find_;
};

}  // namespace headrace::graph
