// One run: a scheduler that gives everybody turns in an order that the seed decides.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/wakeup.h"
#include "tests/simulation/process.h"
#include "tests/simulation/redis.h"
#include "tests/simulation/stage.h"
#include "tests/simulation/workload.h"

namespace headrace::simulation {

// First a time with faults, then one without, in which everything must come to its end.
class World {
 public:
  World(std::uint64_t seed, bool print, const Wakeup& wakeup);
  ~World();

  // Throws Violation.
  void Run();
  std::uint64_t hash() const { return stage_.trace.hash(); }

 private:
  void Round(int loop_per_thousand);
  // While a loop drains, the others go on.
  void PassTime();
  void GiveTurns(std::unique_ptr<Process>& process, int loop_per_thousand);
  void Start(std::unique_ptr<Process>& process);
  void StrikeWorkers();
  void StrikeServices();
  void EndSessions();
  void EndFaults();
  void Drain();
  void AwaitFullSpeed();
  bool IsQuiet() const;
  void SayWhatIsLeft() const;

  Stage stage_;
  Redis redis_;
  Workload workload_;
  const Wakeup& wakeup_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::int64_t incarnations_ = 0;
  SteadyTime kafka_away_until_{};
};

}  // namespace headrace::simulation
