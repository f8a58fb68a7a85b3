#include "tests/simulation/crash_judge.h"

#include <algorithm>

#include "tests/simulation/checker.h"

namespace headrace::simulation {
namespace {

// Without a note, noted, and alone.
constexpr int kTriesMax = 3;

}  // namespace

void CrashJudge::Tried(const Place& place) {
  const ItemLife& item = items_.At(place);
  if (!item.deadly || ++tries_[place] <= kTriesMax) return;
  Checker::Fail("an item that ends its process is tried three times at most", Checker::Name(item));
}

bool CrashJudge::Assigned(std::int64_t worker, std::int32_t partition) {
  const auto writer = writers_.find(partition);
  if (writer == writers_.end()) return false;
  if (writer->second == worker) return true;
  ++takeovers_[partition];
  return false;
}

// A worker that is killed leaves what looks like an item that killed it: what was noted to run
// alone then, and that is one.
void CrashJudge::GivenUp(const ItemRef& ref) {
  const ItemLife& item = items_.Of(ref);
  if (plan_.only_deadly && !item.deadly) {
    Checker::Fail("no item is blamed for the end of a process that another one ended",
                  Checker::Name(item));
  }
  for (const auto& [place, other] : items_.places()) {
    if (ItemBook::KeyOf(other) != ItemBook::KeyOf(ref)) continue;
    if (takeovers_[place.partition] >= kTriesMax) continue;
    Checker::Fail("no item is blamed for what its worker survived",
                  Checker::Name(item) + " of partition " + std::to_string(place.partition));
  }
  given_up_.insert(ItemBook::KeyOf(ref));
  if (given_up_.size() <= workers_lost_) return;
  Checker::Fail("with one worker one item is given up at most",
                Checker::Name(item) + " is number " + std::to_string(given_up_.size()) + " after " +
                    std::to_string(workers_lost_) + " workers");
}

void CrashJudge::JudgeAll() const {
  if (!plan_.only_deadly) return;
  const auto& places = items_.places();
  const auto is_deadly = [&](const auto& entry) { return items_.Of(entry.second).deadly; };
  const bool is_only_one = std::ranges::count_if(places, is_deadly) == 1;
  for (const auto& [place, ref] : places) {
    if (!items_.Of(ref).deadly) continue;
    const auto found = tries_.find(place);
    JudgeTries(items_.Of(ref), found == tries_.end() ? 0 : found->second, is_only_one);
  }
}

// What waits when another item ends the process is a suspect before its first try, which is noted
// then. And its dead letter may be there when another one ends the process before the outcome is.
void CrashJudge::JudgeTries(const ItemLife& item, int tries, bool is_only_one) const {
  if (tries < (is_only_one ? kTriesMax : kTriesMax - 1)) {
    Checker::Fail("an item has all its tries before it is given up as a crash",
                  Checker::Name(item) + " had " + std::to_string(tries));
  }
  if (is_only_one && item.letters != 1) {
    Checker::Fail("an item that ends its process has one dead letter",
                  Checker::Name(item) + " has " + std::to_string(item.letters));
  }
}

}  // namespace headrace::simulation
