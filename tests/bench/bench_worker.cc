// headrace-worker's own loop and projector, with two differences: the store checks the work that
// goes through it, and the items topic is named on the command line, so that one filled topic
// serves many runs (groups and accounting topics follow the prefix as always).
//
//   bench-worker ITEMS_TOPIC RECORDS GRAPHS on|off      (accounting)
//
// Prints a line of JSON when the last item's work has ended and another one after SIGTERM, with
// what the group would read again. With accounting off outcomes are acknowledged without being
// sent, and no projector runs.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/config/worker_command_line.h"
#include "common/graph/make_store.h"
#include "common/kafka/consumer.h"
#include "common/redis/redis_outcome_store.h"
#include "tests/bench/checking_store.h"
#include "tests/bench/discarding_producer.h"
#include "worker/start_up.h"
#include "worker/wiring.h"

namespace headrace::bench {
namespace {

using std::chrono::milliseconds;

struct Plan {
  std::string items_topic;
  Expected expected;
  bool accounting = true;
};

void Print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

long PeakKilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

Result<std::unique_ptr<Service>> StartProjector(const Settings& settings, const Clock& clock,
                                                worker::Metrics& metrics) {
  auto store = redis::OpenRedisOutcomeStore(settings.redis);
  if (!store.ok()) return std::move(store).error();
  return worker::StartProjector(settings, std::move(*store), clock, metrics);
}

Result<std::unique_ptr<EventProducer>> OpenOutcomes(const Settings& settings, const Plan& plan,
                                                    const Wakeup& wakeup,
                                                    worker::Metrics& metrics) {
  if (plan.accounting) return worker::OpenOutcomeProducer(settings, wakeup, metrics.kafka);
  return std::unique_ptr<EventProducer>(new DiscardingProducer);
}

Status RunLoop(const Settings& settings, const Plan& plan, const std::string& cluster_id,
               GraphStore& store, const Clock& clock, worker::Metrics& metrics,
               worker::WorkerHealth& health, const Wakeup& wakeup) {
  auto producer = OpenOutcomes(settings, plan, wakeup, metrics);
  if (!producer.ok()) return std::move(producer).error();
  return worker::RunLoop(settings,
                         {.items_topic = plan.items_topic,
                          .cluster_id = cluster_id,
                          .producer = std::move(*producer),
                          .store = store,
                          .clock = clock,
                          .metrics = metrics,
                          .wakeup = wakeup,
                          .beat = health.beat()},
                         [] { return StopSignal() != 0; });
}

// Joins the group that the worker has left, to see where it would go on.
class CommitReader final : public AssignmentListener {
 public:
  void OnAssigned(std::vector<PartitionPosition>& positions) override { positions_ = positions; }
  void OnRevoked(std::span<const TopicPartition>) override {}
  void OnLost(std::span<const TopicPartition>) override {}

  Result<std::int64_t> Uncommitted(const Settings& settings, const Plan& plan) {
    auto consumer = kafka::OpenConsumer(
        settings.kafka, worker::ItemsReader(settings, plan.items_topic), this, nullptr);
    if (!consumer.ok()) return std::move(consumer).error();
    std::vector<Record> records;
    for (int i = 0; i < 200 && positions_.empty(); ++i) {
      (*consumer)->Poll(milliseconds(100), 1, records).IgnoreError();
    }
    const auto ends = (*consumer)->EndOffsets(0);
    if (!ends.ok()) return ends.error();
    if (positions_.size() != ends->size()) return Transient("the group could not be joined");
    std::int64_t left = 0;
    for (const PartitionPosition& position : positions_) {
      const auto partition = static_cast<std::size_t>(position.partition.partition);
      left += (*ends)[partition] - std::max<std::int64_t>(position.offset, 0);
    }
    return left;
  }

 private:
  std::vector<PartitionPosition> positions_;
};

Status Measure(const Settings& settings, const Plan& plan) {
  auto wakeup = Wakeup::Open();
  if (!wakeup.ok()) return std::move(wakeup).error();
  WatchStopSignals(*wakeup);
  const SystemClock clock;
  worker::WorkerHealth health(clock);
  worker::Metrics metrics(settings, health);
  WorkChecks checks(plan.expected, [&] { Print(checks.Report() + "}"); });
  auto inner = graph::OpenGraphStore(settings.worker.store);
  if (!inner.ok()) return std::move(inner).error();
  WaitTimes waits;
  CheckingStore store(std::move(*inner), checks, waits);
  auto cluster_id = worker::WaitForKafka(settings, metrics.worker, health, *wakeup);
  if (!cluster_id.ok()) return std::move(cluster_id).error();
  std::unique_ptr<Service> projector;
  if (plan.accounting) {
    auto started = StartProjector(settings, clock, metrics);
    if (!started.ok()) return std::move(started).error();
    projector = std::move(*started);
  }
  if (Status ran = RunLoop(settings, plan, *cluster_id, store, clock, metrics, health, *wakeup);
      !ran.ok()) {
    return ran;
  }
  if (projector != nullptr) projector->Stop();
  const Reading closed = Reading::Now();
  const long peak_kilobytes = PeakKilobytes();
  auto uncommitted = CommitReader().Uncommitted(settings, plan);
  if (!uncommitted.ok()) return std::move(uncommitted).error();
  Print(checks.Report() + waits.Report() + ",\"closed_s\":" + std::to_string(closed.seconds) +
        ",\"rss_kb\":" + std::to_string(peak_kilobytes) +
        ",\"uncommitted_after_close\":" + std::to_string(*uncommitted) + "}");
  return {};
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) {
  using namespace headrace;
  if (argc != 5) {
    std::fprintf(stderr, "bench-worker ITEMS_TOPIC RECORDS GRAPHS on|off\n");
    return 2;
  }
  const auto line = config::ParseWorkerCommandLine(1, argv, config::ReadEnvironment());
  std::fputs(line.err.c_str(), stderr);
  if (line.exit_code) return *line.exit_code;
  log::Configure(line.settings.log);
  const Status done =
      bench::Measure(line.settings, {.items_topic = argv[1],
                                     .expected = {.items = std::strtoull(argv[2], nullptr, 10),
                                                  .graphs = std::strtoull(argv[3], nullptr, 10)},
                                     .accounting = std::string(argv[4]) == "on"});
  if (done.ok()) return 0;
  std::fprintf(stderr, "bench-worker: %s\n", done.error().message.c_str());
  return 1;
}
