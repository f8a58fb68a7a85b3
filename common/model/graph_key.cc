#include "common/model/graph_key.h"

#include "common/base/utf8.h"

namespace headrace {
namespace {

constexpr std::string_view kShape =
    "the key should be project/g/<graph_id> or project/u/<user_id>, for example default/g/kb";

}  // namespace

bool IsValidProject(std::string_view project) {
  for (const char c : project) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!fits) return false;
  }
  return !project.empty();
}

std::string GraphKey::ToString() const {
  std::string key;
  key.reserve(project.size() + id.size() + 3);
  AppendTo(key);
  return key;
}

void GraphKey::AppendTo(std::string& out) const {
  out.append(project).append(kind == GraphKind::kGraph ? "/g/" : "/u/").append(id);
}

Result<GraphKey> GraphKey::Parse(std::string_view key) {
  const auto refuse = [](std::string_view why) {
    return Invalid(std::string(why).append("; ").append(kShape));
  };
  if (key.empty()) return refuse("the record has no key");
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return refuse("the key has no slash");
  const std::string_view project = key.substr(0, slash);
  if (!IsValidProject(project)) {
    return refuse("the project of the key may hold only a-z, 0-9 and -, and is not empty");
  }
  const std::string_view rest = key.substr(slash + 1);
  const bool is_graph = rest.starts_with("g/");
  if (!is_graph && !rest.starts_with("u/")) {
    return refuse("the key names neither a graph (g) nor a user (u)");
  }
  const std::string_view id = rest.substr(2);
  if (id.empty()) return refuse("the id in the key is empty");
  if (!IsValidUtf8(id)) return refuse("the id in the key is not valid UTF-8");
  if (id.find('\0') != std::string_view::npos) return refuse("the id in the key holds a NUL");
  return GraphKey{std::string(project), is_graph ? GraphKind::kGraph : GraphKind::kUser,
                  std::string(id)};
}

const GraphKey SharedGraphKey::kEmpty;

}  // namespace headrace
