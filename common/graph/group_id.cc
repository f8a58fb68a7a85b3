#include "common/graph/group_id.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "common/base/hex.h"
#include "common/base/sha256.h"

namespace headrace::graph {
namespace {

constexpr std::string_view kEscapePrefix = "hr-";
constexpr std::size_t kEscapedBytesMax = 100;
constexpr std::size_t kDigestBytes = 20;

bool IsNameByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

// "_" is Graphiti's own name for its default graph.
bool IsPlainName(std::string_view id) {
  return id != "_" && !id.starts_with(kEscapePrefix) &&
         std::all_of(id.begin(), id.end(), IsNameByte);
}

}  // namespace

std::string PreferredGroupId(const GraphKey& graph) {
  return IsPlainName(graph.id) ? graph.id : EscapedGroupId(graph);
}

std::string EscapedGroupId(const GraphKey& graph) {
  std::string name(kEscapePrefix);
  name += graph.kind == GraphKind::kUser ? 'u' : 'g';
  if (graph.id.size() <= kEscapedBytesMax) return name + "-" + HexOf(graph.id);
  const Sha256Digest digest = Sha256Of(graph.id);
  return name + "h-" + HexOf(std::span(digest).first(kDigestBytes));
}

}  // namespace headrace::graph
