#include "tests/simulation/plan.h"

namespace headrace::simulation {
namespace {

using std::chrono::milliseconds;

// Each fault is off in many runs: some defects show only where one fault is not hidden by others.
int Rate(Random& random, int per_thousand_max) {
  return random.Chance(500) ? random.Between(1, per_thousand_max) : 0;
}

FaultRates Rates(Random& random) {
  FaultRates rates;
  rates.crash = Rate(random, 20);
  rates.stop = Rate(random, 8);
  rates.rebalance = Rate(random, 30);
  rates.expire = Rate(random, 15);
  rates.kafka_away = Rate(random, 8);
  rates.store_outage = Rate(random, 8);
  rates.redis_away = Rate(random, 8);
  rates.redis_loss = Rate(random, 8);
  rates.leap = Rate(random, 10);
  rates.poll_error = Rate(random, 50);
  rates.redelivery = Rate(random, 100);
  rates.unread_commit = Rate(random, 200);
  rates.commit_error = Rate(random, 200);
  rates.delivery_failure = Rate(random, 5);
  rates.redis_error = Rate(random, 50);
  rates.transient = Rate(random, 300);
  rates.applied_unknown = Rate(random, 200);
  rates.throttled = Rate(random, 300);
  rates.fatal = Rate(random, 20);
  rates.late = Rate(random, 100);
  rates.bad = Rate(random, 200);
  rates.stubborn = Rate(random, 100);
  rates.resumed = 20;
  return rates;
}

WorkerSettings Settings(Random& random) {
  WorkerSettings settings;
  settings.in_flight_items_max = static_cast<std::size_t>(random.Between(3, 60));
  settings.in_flight_bytes_max = static_cast<std::size_t>(random.Between(500, 20'000));
  settings.lane_chunk_items_max = static_cast<std::size_t>(random.Between(1, 6));
  settings.commit_interval = milliseconds(random.Between(1, 300));
  settings.drain_timeout = milliseconds(random.Between(20, 400));
  settings.session_timeout = milliseconds(random.Between(100, 1'000));
  settings.retry_backoff = milliseconds(random.Between(2, 50));
  settings.retry_backoff_max = milliseconds(random.Between(60, 600));
  settings.retry_attempts_max = static_cast<std::uint32_t>(random.Between(2, 5));
  settings.retry_age_max =
      milliseconds(random.Chance(200) ? random.Between(500, 3'000) : 3'600'000);
  return settings;
}

void AddDeadlyItems(Random& random, Plan& plan) {
  plan.deadly = random.Between(1, 3);
  plan.only_deadly = random.Chance(500);
  FaultRates& rates = plan.rates;
  if (!plan.only_deadly) {
    rates.commit_error = random.Between(100, 500);  // each try waits for a commit
    if (random.Chance(500)) rates.crash = rates.expire = 0;
    return;
  }
  for (int* rate : {&rates.crash, &rates.expire, &rates.kafka_away, &rates.commit_error,
                    &rates.delivery_failure, &rates.late, &rates.resumed}) {
    *rate = 0;
  }
  plan.settings.drain_timeout = plan.settings.session_timeout = std::chrono::minutes(1);
}

// More for one graph than its lane can do, so that it fills a worker.
void AddHotGraph(Random& random, Plan& plan) {
  plan.hot = random.Between(600, 950);
  plan.sent_at_once = random.Between(5, 40);
  plan.partitions = random.Between(2, 4);
  plan.items = random.Between(90, 200);
  plan.settings.in_flight_items_max = static_cast<std::size_t>(random.Between(18, 45));
  plan.settings.in_flight_bytes_max = 1u << 20;
  plan.settings.lane_chunk_items_max = static_cast<std::size_t>(random.Between(1, 2));
}

}  // namespace

Plan Plan::Of(std::uint64_t seed) {
  Random random(seed);
  Plan plan;
  plan.workers = random.Between(1, 3);
  plan.partitions = random.Between(1, 4);
  plan.graphs = random.Between(1, 6);
  plan.batches = random.Between(1, 3);
  plan.items = random.Between(10, 90);
  plan.rounds = random.Between(300, 1'200);
  plan.eager = random.Chance(400);
  plan.names_items = random.Chance(500);
  plan.rates = Rates(random);
  plan.traits = {.chunk_items_max = static_cast<std::size_t>(random.Between(1, 12)),
                 .chunk_lanes_max = static_cast<std::size_t>(random.Between(1, 4)),
                 .chunks_in_flight_max = static_cast<std::size_t>(random.Between(1, 4))};
  plan.settings = Settings(random);
  plan.fences = random.Chance(500);
  plan.rates.journal_away = Rate(random, 8);
  if (random.Chance(300)) AddDeadlyItems(random, plan);
  if (random.Chance(100)) AddHotGraph(random, plan);
  return plan;
}

}  // namespace headrace::simulation
