#include "worker/append_marks.h"

#include <algorithm>

namespace headrace::worker {

std::optional<Timestamp> AppendMarks::At(std::int64_t offset) {
  while (marks_.size() > 1 && marks_[1].offset <= offset) marks_.pop_front();
  if (marks_.size() < kMarksMax / 4) resolution_ = std::max(kFinest, resolution_ / 2);
  if (marks_.empty() || marks_.front().offset > offset) return std::nullopt;
  return marks_.front().appended;
}

void AppendMarks::Add(std::int64_t offset, Timestamp appended) {
  marks_.push_back({offset, appended});
  last_ = appended;
  while (marks_.size() > kMarksMax) Thin();
}

void AppendMarks::Thin() {
  resolution_ *= 2;
  std::deque<Mark> kept;
  for (const Mark& mark : marks_) {
    if (!kept.empty()) {
      const auto moved = mark.appended - kept.back().appended;
      if (moved < resolution_ && -moved < resolution_) continue;
    }
    kept.push_back(mark);
  }
  marks_ = std::move(kept);
  last_ = marks_.back().appended;
}

}  // namespace headrace::worker
