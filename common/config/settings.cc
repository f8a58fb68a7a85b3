#include "common/config/settings.h"

#include "common/base/units.h"

namespace headrace::config {
namespace {

void CheckWorker(const WorkerSettings& worker, std::vector<Mistake>& mistakes) {
  if (worker.retry_backoff > worker.retry_backoff_max) {
    mistakes.push_back({"settings", "worker.retry_backoff (" +
                                        FormatDuration(worker.retry_backoff) +
                                        ") must not exceed worker.retry_backoff_max (" +
                                        FormatDuration(worker.retry_backoff_max) +
                                        "): lower the first or raise the second"});
  }
  if (worker.lane_chunk_items_max > worker.in_flight_items_max) {
    mistakes.push_back({"settings",
                        "worker.lane_chunk_items_max must not exceed worker.in_flight_items_max: a "
                        "full chunk could never be started; lower the first or raise the second"});
  }
}

}  // namespace

std::vector<Mistake> CheckTogether(const Settings& settings) {
  std::vector<Mistake> mistakes;
  CheckWorker(settings.worker, mistakes);
  if (settings.limits.record_bytes_max > settings.worker.in_flight_bytes_max) {
    mistakes.push_back({"settings",
                        "worker.in_flight_bytes_max must hold at least one record of "
                        "limits.record_bytes_max: raise the first or lower the second"});
  }
  const kafka::TopicSettings& topics = settings.topics;
  if (topics.replication > 0 && topics.min_insync_replicas > topics.replication) {
    mistakes.push_back({"settings",
                        "topic.min_insync_replicas must not exceed topic.replication: such a topic "
                        "refuses every write; lower the first or raise the second"});
  }
  return mistakes;
}

}  // namespace headrace::config
