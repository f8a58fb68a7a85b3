// What becomes of items that end the process which tries them, and of those that are taken for
// such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "tests/simulation/item_book.h"
#include "tests/simulation/plan.h"

namespace headrace::simulation {

class CrashJudge {
 public:
  CrashJudge(const Plan& plan, ItemBook& items) : plan_(plan), items_(items) {}

  void Tried(const Place& place);
  // A worker wrote the note of a partition.
  void Committed(std::int64_t worker, std::int32_t partition) { writers_[partition] = worker; }
  // A worker was given a partition. True when it had it before, and nobody wrote a note since: it
  // lives, and nobody else can have begun anything.
  bool Assigned(std::int64_t worker, std::int32_t partition);
  // The worker that tried it gave its partition away, or has it again, alive.
  void Excused(const Place& place) { --tries_[place]; }
  // A worker ended without a farewell.
  void WorkerLost() { ++workers_lost_; }
  // The worker says that the item ended its process each time.
  void GivenUp(const ItemRef& ref);
  // Everything has ended.
  void JudgeAll() const;

 private:
  void JudgeTries(const ItemLife& item, int tries, bool is_only_one) const;

  const Plan& plan_;
  ItemBook& items_;
  std::map<Place, int> tries_;  // of items that end their process
  std::set<ItemBook::Key> given_up_;
  std::map<std::int32_t, std::int64_t> writers_;  // of the notes of partitions
  std::map<std::int32_t, int> takeovers_;         // of partitions from another worker
  std::size_t workers_lost_ = 0;
};

}  // namespace headrace::simulation
