// The destination graph of an item, and the Kafka key that keeps its items in order.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace headrace {

enum class GraphKind { kGraph, kUser };

struct GraphKey {
  std::string project;  // [a-z0-9-]+, so that the first two slashes of the key split it
  GraphKind kind = GraphKind::kGraph;
  std::string id;  // graph_id or user_id; not empty, any valid UTF-8 without NUL

  // "project/g/<graph_id>" or "project/u/<user_id>".
  std::string ToString() const;
  void AppendTo(std::string& out) const;
  // kInvalid with a sentence that says what the key should look like.
  static Result<GraphKey> Parse(std::string_view key);

  friend auto operator<=>(const GraphKey&, const GraphKey&) = default;
};

// A key that many items name and none changes, so all of them share it; they are on several
// threads. Never null: by default it is an empty key.
class SharedGraphKey {
 public:
  SharedGraphKey() = default;
  SharedGraphKey(GraphKey key) : key_(std::make_shared<const GraphKey>(std::move(key))) {}

  const GraphKey& operator*() const { return key_ != nullptr ? *key_ : kEmpty; }
  const GraphKey* operator->() const { return &**this; }
  // Somebody else has it, too.
  bool is_shared() const { return key_.use_count() > 1; }

 private:
  static const GraphKey kEmpty;

  std::shared_ptr<const GraphKey> key_;
};

bool IsValidProject(std::string_view project);

}  // namespace headrace
