#include "worker/redis_metrics.h"

#include <array>

#include "worker/metric_families.h"

namespace headrace::worker {
namespace {

// In the order of OutcomeStoreCall.
constexpr std::array<const char*, 6> kCalls{"apply_outcomes", "apply_facts",    "advance_mark",
                                            "read_mark",      "set_rebuilding", "read_states"};

}  // namespace

struct RedisMetrics::Instruments {
  explicit Instruments(MetricFamilies& to)
      : errors(to.NewCounters("headrace_redis_errors_total",
                              "Calls to Redis that failed: it could not be reached, or refused")),
        unreachable(errors.Add({{"reason", "unreachable"}})),
        refused(errors.Add({{"reason", "refused"}})) {
    auto& family = to.NewHistograms("headrace_redis_command_duration_seconds",
                                    "Time of calls to Redis, failed ones as well");
    const prometheus::Histogram::BucketBoundaries bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                         0.05,   0.1,   0.25,   0.5,   1,    5};
    for (std::size_t i = 0; i < kCalls.size(); ++i) {
      durations[i] = &family.Add({{"op", kCalls[i]}}, bounds);
    }
  }

  MetricFamilies::Counters& errors;
  prometheus::Counter& unreachable;
  prometheus::Counter& refused;
  std::array<prometheus::Histogram*, kCalls.size()> durations{};
};

RedisMetrics::RedisMetrics(MetricsRegistry& registry)
    : instruments_(std::make_unique<Instruments>(registry.families())) {}
RedisMetrics::~RedisMetrics() = default;

void RedisMetrics::OnCall(OutcomeStoreCall call, std::chrono::microseconds took,
                          std::optional<ErrorCode> error) {
  instruments_->durations[static_cast<std::size_t>(call)]->Observe(
      static_cast<double>(took.count()) * 1e-6);
  if (!error) return;
  const bool away = *error == ErrorCode::kTransient;
  (away ? instruments_->unreachable : instruments_->refused).Increment();
}

}  // namespace headrace::worker
