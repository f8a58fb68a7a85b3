#include "worker/start_up.h"

#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/graph/make_store.h"
#include "common/kafka/cluster.h"
#include "common/kafka/producer.h"
#include "common/kafka/topic_admin.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using Findings = std::vector<kafka::TopicFinding>;

constexpr milliseconds kBrokerTimeout{5'000};
constexpr milliseconds kPause{1'000};

Error Stopped() { return Cancelled("stopped while starting"); }

// Logs what the check found; kTransient while topics are missing, kInvalid for the rest that is
// refused. `said` keeps a waiting worker from repeating itself.
Status JudgeTopics(const Findings& findings, bool& said) {
  std::size_t missing = 0, refused = 0;
  for (const kafka::TopicFinding& finding : kafka::JoinFindings(findings)) {
    const bool is_refused = finding.severity == kafka::TopicFinding::Severity::kRefused;
    if (finding.missing) {
      ++missing;
    } else if (is_refused) {
      ++refused;
    }
    if (said) continue;
    is_refused && !finding.missing
        ? log::Error("topic_refused",
                     {{"topic", finding.topic}, {"problem", finding.message}, {"fix", finding.fix}})
        : log::Warn("topic_check",
                    {{"topic", finding.topic}, {"problem", finding.message}, {"fix", finding.fix}});
  }
  said = true;
  if (refused > 0) return Invalid("topics are set up in a way that could lose data");
  if (missing > 0) return Transient("topics are missing; headrace topics create");
  return {};
}

}  // namespace

Result<std::unique_ptr<GraphStore>> WaitForStore(const Settings& settings, WorkerMetrics& metrics,
                                                 WorkerHealth& health, const Wakeup& wakeup) {
  while (StopSignal() == 0) {
    auto store =
        graph::OpenGraphStore(settings.worker.store, {.auto_migrate = settings.worker.auto_migrate,
                                                      .leaving = [] { return StopSignal() != 0; }});
    if (store.ok()) metrics.OnStore(true, {});
    // What cannot be waited out ends the process, which says so itself, once.
    if (store.ok() || store.error().code != ErrorCode::kTransient) return store;
    health.Set(WorkerHealth::kStore, false, store.error().message);
    health.Tick();
    wakeup.Wait(kPause);
  }
  return Stopped();
}

Result<std::string> WaitForKafka(const Settings& settings, WorkerMetrics& metrics,
                                 WorkerHealth& health, const Wakeup& wakeup) {
  bool said = false;
  while (StopSignal() == 0) {
    Status status;
    const Result<Findings> findings =
        kafka::CheckTopics(settings.kafka, settings.topics, kBrokerTimeout);
    status = findings.ok() ? JudgeTopics(*findings, said) : Status(findings.error());
    if (!status.ok() && status.error().code != ErrorCode::kTransient) return status.error();
    if (status.ok()) {
      Result<std::string> cluster = kafka::ClusterId(settings.kafka, kBrokerTimeout);
      if (cluster.ok()) {
        metrics.OnKafka({});
        return cluster;
      }
      status = cluster.error();
    }
    metrics.OnKafka(status);
    health.Tick();
    wakeup.Wait(kPause);
  }
  return Stopped();
}

Result<std::unique_ptr<EventProducer>> OpenOutcomeProducer(const Settings& settings,
                                                           const Wakeup& wakeup,
                                                           kafka::ProducerObserver& observer) {
  kafka::KafkaSettings kafka = settings.kafka;
  kafka.properties.try_emplace("linger.ms", "0");
  return kafka::OpenProducer(kafka, "headrace-worker", &wakeup, &observer);
}

}  // namespace headrace::worker
