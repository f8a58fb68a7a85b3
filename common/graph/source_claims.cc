#include "common/graph/source_claims.h"

#include <set>

namespace headrace::graph {

ClaimId SourceClaims::Add(std::string_view source) {
  MutexLock lock(mutex_);
  Entry& entry = entries_[std::string(source)];
  sources_.erase(entry.id);
  entry = {++last_, 0};
  sources_.emplace(entry.id, source);
  return entry.id;
}

std::optional<std::vector<HeldToken>> SourceClaims::TokensOf(const Chunk& chunk) const {
  std::set<ClaimId> ids;
  ClaimId last = kNoClaim;
  for (const WriteItem& item : chunk.items) {
    if (item.claim != last && item.claim != kNoClaim) ids.insert(item.claim);
    last = item.claim;
  }
  std::vector<HeldToken> tokens;
  MutexLock lock(mutex_);
  for (const ClaimId id : ids) {
    const auto source = sources_.find(id);
    if (source == sources_.end()) return std::nullopt;
    tokens.push_back({source->second, entries_.at(source->second).token});
  }
  return tokens;
}

std::vector<SourceClaims::Open> SourceClaims::Tokenless() const {
  std::vector<Open> claims;
  MutexLock lock(mutex_);
  for (const auto& [source, entry] : entries_) {
    if (entry.token == 0) claims.push_back({source, entry.id});
  }
  return claims;
}

void SourceClaims::SetToken(const Open& claim, std::int64_t token) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(claim.source);
  if (entry != entries_.end() && entry->second.id == claim.id) entry->second.token = token;
}

StoreError FencedError() {
  return {StoreErrorClass::kFenced, "fenced", "another worker has claimed a partition", {}};
}

}  // namespace headrace::graph
