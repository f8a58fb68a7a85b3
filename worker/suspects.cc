#include "worker/suspects.h"

namespace headrace::worker {

Caution Suspects::Take(std::int64_t offset) {
  if (offset >= end_) return Caution::kNone;
  ++held_;
  if (tries_.alone.Contains(offset)) return Caution::kGiveUp;
  return tries_.in_company.Contains(offset) ? Caution::kAlone : Caution::kNote;
}

void Suspects::NoteTry(std::int64_t offset, Caution caution) {
  OffsetSet& tries = caution == Caution::kAlone ? tries_.alone : tries_.in_company;
  if (offset >= end_ || tries.Contains(offset)) return;
  tries.Add(offset);
  saved_ = false;
}

void Suspects::Survived(std::int64_t offset) {
  if (!tries_.alone.Contains(offset)) return;
  tries_.alone.Remove(offset);
  saved_ = false;
}

void Suspects::Ended(std::int64_t offset) {
  if (offset >= end_) return;
  if (held_ > 0) --held_;
  for (NotedTries* tries : {&inherited_, &tries_}) {
    tries->in_company.Remove(offset);
    tries->alone.Remove(offset);
  }
}

NotedTries Suspects::TriesFrom(std::int64_t offset, Of whom) const {
  NotedTries tries = whom == Of::kEverybody ? tries_ : inherited_;
  tries.in_company.RemoveBelow(offset);
  tries.alone.RemoveBelow(offset);
  return tries;
}

}  // namespace headrace::worker
