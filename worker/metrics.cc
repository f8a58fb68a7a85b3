#include "worker/metrics.h"

#include "common/config/fingerprint.h"
#include "worker/wiring.h"

namespace headrace::worker {

Metrics::Metrics(const Settings& settings, WorkerHealth& health)
    : registry(settings.worker.channel),
      worker(registry, health),
      flow(registry, ItemsTopic(settings),
           settings.worker.store.substr(0, settings.worker.store.find(':'))),
      kafka(registry),
      projector(registry, health),
      redis(registry),
      process(registry, config::Fingerprint(settings, config::Binary::kWorker)) {}

std::string Metrics::Expose() {
  process.Refresh();
  return registry.Expose();
}

}  // namespace headrace::worker
