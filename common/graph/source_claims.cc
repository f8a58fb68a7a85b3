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

std::vector<std::string> SourceClaims::Tokenless() const {
  std::vector<std::string> sources;
  MutexLock lock(mutex_);
  for (const auto& [source, entry] : entries_) {
    if (entry.token == 0) sources.push_back(source);
  }
  return sources;
}

void SourceClaims::SetToken(const std::string& source, std::int64_t token) {
  MutexLock lock(mutex_);
  entries_[source].token = token;
}

StoreError FencedError() {
  return {StoreErrorClass::kFenced, "fenced", "another worker has claimed a partition", {}};
}

}  // namespace headrace::graph
