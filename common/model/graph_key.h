// The destination graph of an item, and the Kafka key that keeps its items in order.
#pragma once

#include <compare>
#include <string>
#include <string_view>

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
  // The same into `into`, whose buffers are used again; on an error it is left as it was.
  static Status ParseInto(std::string_view key, GraphKey& into);

  friend auto operator<=>(const GraphKey&, const GraphKey&) = default;
};

bool IsValidProject(std::string_view project);

}  // namespace headrace
