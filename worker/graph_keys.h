// The keys of graphs, each held once for all of its items.
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_set>

#include "common/base/result.h"
#include "common/model/graph_key.h"

namespace headrace::worker {

// Owned by the loop thread. While anybody has a key, whoever names its graph gets that same one, so
// a graph can be told by its key's address.
class GraphKeys {
 public:
  // As GraphKey::Parse; a key that is known needs no parsing.
  Result<SharedGraphKey> Named(std::string_view text);

  std::size_t size() const { return keys_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
    std::size_t operator()(const SharedGraphKey& key) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const SharedGraphKey& a, const SharedGraphKey& b) const { return *a == *b; }
    bool operator()(std::string_view text, const SharedGraphKey& key) const;
  };
  void ForgetUnused();

  std::unordered_set<SharedGraphKey, Hash, Equal> keys_;
  std::size_t keys_max_ = 0;  // before those that nobody has are forgotten
};

}  // namespace headrace::worker
