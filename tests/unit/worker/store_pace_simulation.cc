#include "tests/unit/worker/store_pace_simulation.h"

#include <algorithm>
#include <map>
#include <random>

#include "worker/store_pace.h"

namespace headrace::worker {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

// The store's budget: full at first.
class Budget {
 public:
  explicit Budget(const PacedStore& store) : store_(store) {}

  std::optional<milliseconds> RefusalOf(std::size_t items, SteadyTime now) {
    const double capacity = store_.items_per_second * store_.burst_seconds;
    tokens_ =
        std::min(capacity, tokens_ + Seconds(now - filled_).count() * store_.items_per_second);
    filled_ = now;
    const double missing = static_cast<double>(items) - tokens_;
    if (missing <= 0) {
      tokens_ -= static_cast<double>(items);
      return std::nullopt;
    }
    // Not for longer than until it is full, also for what never fits.
    const Seconds wait(std::min(missing / store_.items_per_second, store_.burst_seconds));
    return std::max(std::chrono::ceil<milliseconds>(wait), store_.retry_after_min);
  }

 private:
  const PacedStore store_;
  double tokens_ = 1e9;
  SteadyTime filled_{};
};

struct Worker {
  explicit Worker(std::size_t chunks_max) : pace(chunks_max) {}
  StorePace pace;
  std::size_t in_flight = 0;
  std::size_t applied = 0;
};

struct Answer {
  std::size_t worker = 0;
  std::size_t items = 0;
  std::optional<milliseconds> refusal;
};

class World {
 public:
  World(const PacedStore& store, const PacedRun& run, std::uint32_t seed)
      : store_(store),
        run_(run),
        budget_(store),
        random_(seed),
        workers_(run.workers, Worker(run.chunks_in_flight_max)) {}

  // Every worker always has something to do, and its loop comes by every few milliseconds.
  void RunFor(std::chrono::seconds time) {
    calls_ = refusals_ = 0;
    for (Worker& worker : workers_) worker.applied = 0;
    const SteadyTime end = now_ + time;
    while (now_ < end) {
      now_ += microseconds(Pick(200, 2'000));
      Deliver();
      for (Worker& worker : workers_) worker.pace.Grow(worker.in_flight, now_);
      for (std::size_t i = 0; i < workers_.size(); ++i) Dispatch(i);
    }
  }

  double refused() const { return static_cast<double>(refusals_) / static_cast<double>(calls_); }
  double applied() const {
    double sum = 0;
    for (const Worker& worker : workers_) sum += static_cast<double>(worker.applied);
    return sum;
  }
  double least() const {
    const auto least =
        std::min_element(workers_.begin(), workers_.end(),
                         [](const Worker& a, const Worker& b) { return a.applied < b.applied; });
    return static_cast<double>(least->applied);
  }

 private:
  std::int64_t Pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  void Dispatch(std::size_t index) {
    Worker& worker = workers_[index];
    while (worker.in_flight < run_.chunks_in_flight_max) {
      const std::size_t allowed = worker.pace.Allowance(worker.in_flight, now_);
      if (allowed == 0) return;
      const auto ready =
          static_cast<std::size_t>(Pick(1, static_cast<std::int64_t>(run_.chunk_items_max)));
      const std::size_t items = std::min(allowed, ready);
      worker.pace.Begun(items, now_);
      ++worker.in_flight;
      ++calls_;
      const auto latency =
          milliseconds(Pick(store_.latency_min.count(), store_.latency_max.count()));
      // Refused where it arrives, in the middle of its way.
      answers_.emplace(now_ + latency, Answer{index, items, budget_.RefusalOf(items, now_)});
    }
  }

  void Deliver() {
    while (!answers_.empty() && answers_.begin()->first <= now_) {
      const Answer answer = answers_.begin()->second;
      answers_.erase(answers_.begin());
      Worker& worker = workers_[answer.worker];
      ChunkResult result;
      if (answer.refusal) {
        result.error = StoreError{StoreErrorClass::kThrottled, "busy", "too much", {}};
        if (store_.says_when) result.error->retry_after = answer.refusal;
        ++refusals_;
      } else {
        worker.applied += answer.items;
      }
      worker.pace.Done(result, answer.items, --worker.in_flight, now_);
    }
  }

  const PacedStore store_;
  const PacedRun run_;
  Budget budget_;
  std::mt19937 random_;
  SteadyTime now_{std::chrono::hours(1)};
  std::vector<Worker> workers_;
  std::multimap<SteadyTime, Answer> answers_;
  std::size_t calls_ = 0;
  std::size_t refusals_ = 0;
};

}  // namespace

PacedResult Simulate(const PacedStore& store, const PacedRun& run, std::uint32_t seed) {
  World world(store, run, seed);
  PacedResult result;
  world.RunFor(run.warm_up);
  result.refused_early = world.refused();
  world.RunFor(run.measured);
  const double allowed = store.items_per_second * static_cast<double>(run.measured.count());
  result.used = world.applied() / allowed;
  result.refused = world.refused();
  result.least_share = world.least() * static_cast<double>(run.workers) / world.applied();
  return result;
}

}  // namespace headrace::worker
