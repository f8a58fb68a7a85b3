#include "worker/graph_keys.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace headrace::worker {
namespace {

// Beyond what idle lanes hold.
constexpr std::size_t kUnusedMax = 16'384;

}  // namespace

Result<SharedGraphKey> GraphKeys::Named(std::string_view text) {
  if (const auto known = keys_.find(text); known != keys_.end()) return *known;
  Result<GraphKey> parsed = GraphKey::Parse(text);
  if (!parsed.ok()) return std::move(parsed).error();
  if (keys_.size() >= keys_max_) ForgetUnused();
  return *keys_.insert(SharedGraphKey(*std::move(parsed))).first;
}

// As many more may come as are left, so that it stays cheap however many are in use.
void GraphKeys::ForgetUnused() {
  std::erase_if(keys_, [](const SharedGraphKey& key) { return !key.is_shared(); });
  keys_max_ = keys_.size() + std::max(keys_.size(), kUnusedMax);
}

std::size_t GraphKeys::Hash::operator()(std::string_view text) const {
  return std::hash<std::string_view>{}(text);
}

std::size_t GraphKeys::Hash::operator()(const SharedGraphKey& key) const {
  return (*this)(key->ToString());
}

// The shape "project/g/id" or "project/u/id", without making it.
bool GraphKeys::Equal::operator()(std::string_view text, const SharedGraphKey& key) const {
  const std::string_view middle = key->kind == GraphKind::kGraph ? "/g/" : "/u/";
  const std::size_t project = key->project.size();
  return text.size() == project + middle.size() + key->id.size() && text.ends_with(key->id) &&
         text.starts_with(key->project) && text.substr(project, middle.size()) == middle;
}

}  // namespace headrace::worker
