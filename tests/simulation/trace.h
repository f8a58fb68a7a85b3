// What happened in a run, in order: hashed, so that two runs of a seed can be compared, and printed
// when a failed seed is replayed.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "common/base/clock.h"

namespace headrace::simulation {

// An invariant that did not hold. Thrown through the worker's code, which ends the run.
struct Violation {
  std::string invariant;
  std::string detail;
};

class Trace {
 public:
  struct Value {
    const char* name;
    std::int64_t value;
  };

  Trace(const Clock& clock, bool print) : clock_(clock), print_(print) {}

  void Note(const char* event, std::initializer_list<Value> values = {});
  // The number of events so far: the time of the simulation, in which no two events are equal.
  std::int64_t now() const { return events_; }
  std::uint64_t hash() const { return hash_; }

 private:
  void Mix(std::uint64_t value);

  const Clock& clock_;
  const bool print_;
  std::int64_t events_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325u;
};

}  // namespace headrace::simulation
