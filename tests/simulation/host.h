#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>

#include "tests/simulation/trace.h"

namespace headrace::simulation {

// Thrown out of a port when its process dies in that call.
struct Death {};

// One life of a worker process, as the ports that it uses see it. All that a process does to the
// world goes through a port, so dying in any call of one is dying at any point.
class Host {
 public:
  Host(std::int64_t incarnation, Trace& trace) : incarnation_(incarnation), trace_(trace) {}

  std::int64_t incarnation() const { return incarnation_; }

  // Each port begins with this. A null host is a program that does not die. What is dead already
  // died in a thread of its own while its loop waited.
  static void Call(Host* host) {
    if (host == nullptr) return;
    if (!host->dead_) {
      if (host->calls_left_ == 0 || --host->calls_left_ > 0) return;
      host->Die();
    }
    throw Death{};
  }
  void DieWithin(int calls) { calls_left_ = calls; }
  void Die() {
    dead_ = true;
    trace_.Note("dies", {{"worker", incarnation_}});
  }
  bool dead() const { return dead_; }

  // While the loop drains it does not return, so the world moves when it looks for deliveries.
  bool draining = false;
  std::function<void()> pass_time;
  // Partitions of the items topic that the loop was given and that were not taken from it.
  std::set<std::int32_t> holds;
  std::map<std::int32_t, std::int64_t> given_at;  // by partition: when it last was, in Trace::now()
  bool polled = false;                            // the items topic, in the loop's last step

 private:
  const std::int64_t incarnation_;
  Trace& trace_;
  int calls_left_ = 0;  // 0: it lives on
  bool dead_ = false;
};

}  // namespace headrace::simulation
