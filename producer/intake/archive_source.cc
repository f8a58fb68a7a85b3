#include "producer/intake/archive_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace headrace::intake {
namespace {

constexpr int kLinesAtOnce = 2'000;

}  // namespace

ArchiveSource::ArchiveSource(std::vector<std::string> paths, OpenSource open,
                             std::size_t line_bytes_max)
    : paths_(std::move(paths)),
      open_(std::move(open)),
      line_bytes_max_(line_bytes_max),
      merge_(OpenMerge()) {}

Result<std::optional<std::size_t>> ArchiveSource::Read(std::span<char> room) {
  if (!erases_known_) {
    const Result<bool> known = LookForErases();
    if (!known.ok()) return known.error();
    return std::optional<std::size_t>();
  }
  if (taken_ == line_.size()) {
    const Result<bool> more = NextLine();
    if (!more.ok()) return more.error();
    if (!*more) return std::optional<std::size_t>(0);
  }
  const std::size_t count = std::min(room.size(), line_.size() - taken_);
  std::memcpy(room.data(), line_.data() + taken_, count);
  taken_ += count;
  return std::optional(count);
}

// True when all are known; reading then begins again.
Result<bool> ArchiveSource::LookForErases() {
  for (int count = 0; count < kLinesAtOnce; ++count) {
    const auto line = merge_->Next();
    if (!line.ok()) return line.error();
    if (!line->has_value()) {
      merge_ = OpenMerge();
      erases_known_ = true;
      return true;
    }
    const ArchiveMark* mark = (*line)->mark;
    if (mark == nullptr || !mark->erased_below) continue;
    std::uint32_t& below = erased_below_[mark->graph.ToString()];
    below = std::max(below, *mark->erased_below);
  }
  return false;
}

Result<bool> ArchiveSource::NextLine() {
  while (true) {
    const auto line = merge_->Next();
    if (!line.ok()) return line.error();
    if (!line->has_value()) return false;
    if (!IsWanted(**line)) continue;
    line_.assign((*line)->text);
    place_ = (*line)->place;
    line_.push_back('\n');
    taken_ = 0;
    return true;
  }
}

// A damaged line is for the reader of items to refuse, with its place.
bool ArchiveSource::IsWanted(const ArchivedText& line) {
  if (line.mark == nullptr) return true;
  if (line.mark->erased_below) return false;
  const auto erased = erased_below_.find(line.mark->graph.ToString());
  if (erased != erased_below_.end() && line.mark->incarnation < erased->second) return false;
  return given_.insert(line.mark->episode).second;
}

std::unique_ptr<ArchiveMerge> ArchiveSource::OpenMerge() const {
  return std::make_unique<ArchiveMerge>(paths_, open_, line_bytes_max_);
}

}  // namespace headrace::intake
