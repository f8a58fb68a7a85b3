// What a store knows of the sources that its callers claimed: see GraphStore::Claim.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/mutex.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// A source and the token that was drawn for it.
struct HeldToken {
  std::string source;
  std::int64_t token = 0;
};

// Called from any thread.
class SourceClaims {
 public:
  // The source's earlier claims are void from now on.
  ClaimId Add(std::string_view source);

  // The sources of a chunk's items, in order. Empty when one of the claims is void: the chunk is
  // fenced already. Those that have no token yet have 0.
  std::optional<std::vector<HeldToken>> TokensOf(const Chunk& chunk) const;
  // A claim that has no token yet.
  struct Open {
    std::string source;
    ClaimId id = kNoClaim;
  };
  std::vector<Open> Tokenless() const;
  // Forgets a token whose source was claimed again meanwhile: that claim is newer than the token.
  void SetToken(const Open& claim, std::int64_t token);

 private:
  struct Entry {
    ClaimId id = kNoClaim;
    std::int64_t token = 0;
  };

  mutable Mutex mutex_;
  ClaimId last_ GUARDED_BY(mutex_) = kNoClaim;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
  std::map<ClaimId, std::string> sources_ GUARDED_BY(mutex_);  // of the claims that hold
};

StoreError FencedError();

}  // namespace headrace::graph
