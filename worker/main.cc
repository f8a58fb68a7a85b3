// headrace-worker: wires the worker's parts together and runs them until a stop signal.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/config/field_table.h"
#include "common/config/worker_command_line.h"
#include "common/http/health_server.h"
#include "common/redis/redis_outcome_store.h"
#include "worker/loop_watchdog.h"
#include "worker/start_up.h"
#include "worker/wiring.h"

namespace headrace::worker {
namespace {

// Promised in docs/cli.md.
enum ExitCode { kClean = 0, kFailed = 1, kBadSettings = 3, kInternal = 70 };

int Fail(const char* event, const Error& error) {
  if (error.code == ErrorCode::kCancelled) return kClean;
  log::Error(event, {{"reason", error.message}});
  return error.code == ErrorCode::kInvalid ? kBadSettings : kFailed;
}

// A busy default port is another worker on this host; a busy port that somebody chose is a mistake.
Result<std::unique_ptr<http::HealthServer>> ServeHealth(const Settings& settings, Metrics& metrics,
                                                        WorkerHealth& health) {
  auto server = http::OpenHealthServer(settings.worker.metrics_listen,
                                       {.metrics = [&] { return metrics.Expose(); },
                                        .alive = [&] { return health.alive(); },
                                        .not_ready = [&] { return health.NotReady(); }});
  if (!server.ok()) return server;
  if (Status started = (*server)->Start(); !started.ok()) {
    if (settings.metrics_listen_explicit) return Invalid(started.error().message);
    log::Warn("no_metrics", {{"reason", started.error().message},
                             {"fix", "set metrics.listen to a free address"}});
  } else {
    log::Info("metrics", {{"address", (*server)->address()}});
  }
  return server;
}

bool StopAsked(const Settings& settings) {
  if (StopSignal() == 0) return false;
  // The drain is bounded, but leaving the group can hang in librdkafka before 2.4; the process
  // ends in any case, and what was not committed is repeated by the next owner.
  ::alarm(static_cast<unsigned>(settings.worker.drain_timeout / std::chrono::seconds(1)) + 10);
  log::Info("draining", {{"signal", StopSignal()}});
  return true;
}

Status Work(const Settings& settings, std::string cluster_id, GraphStore& store, const Clock& clock,
            Metrics& metrics, WorkerHealth& health, const Wakeup& wakeup) {
  auto producer = OpenOutcomeProducer(settings, wakeup, metrics.kafka);
  if (!producer.ok()) return std::move(producer).error();
  return RunLoop(settings,
                 {.items_topic = ItemsTopic(settings),
                  .cluster_id = std::move(cluster_id),
                  .producer = std::move(*producer),
                  .store = store,
                  .clock = clock,
                  .metrics = metrics,
                  .wakeup = wakeup,
                  .beat = health.beat()},
                 [&] { return StopAsked(settings); });
}

// Scheme and place; neither a password nor what is rehearsed.
std::string StoreName(const Settings& settings) {
  const std::string shown = config::Shown(*config::FindField("store"), settings);
  return shown.substr(0, shown.find('?'));
}

int Run(const Settings& settings) {
  auto wakeup = Wakeup::Open();
  if (!wakeup.ok()) return Fail("cannot_start", wakeup.error());
  WatchStopSignals(*wakeup);
  const SystemClock clock;
  WorkerHealth health(clock, settings.worker.loop_silence_max);
  Metrics metrics(settings, health);
  LoopWatchdog watchdog(health.beat(), clock,
                        {settings.worker.loop_silence_max, settings.worker.loop_end_after},
                        EndWedgedProcess);
  if (Status started = watchdog.Start(); !started.ok()) return Fail("watchdog", started.error());
  auto health_server = ServeHealth(settings, metrics, health);
  if (!health_server.ok()) return Fail("metrics_listen", health_server.error());
  // Before anything is waited for: a Redis that is refused stays refused until a person acts.
  auto outcome_store = redis::OpenRedisOutcomeStore(settings.redis);
  if (!outcome_store.ok()) return Fail("redis", outcome_store.error());
  auto store = WaitForStore(settings, metrics.worker, health, *wakeup);
  if (!store.ok()) return Fail("store", store.error());
  auto cluster_id = WaitForKafka(settings, metrics.worker, health, *wakeup);
  if (!cluster_id.ok()) return Fail("kafka", cluster_id.error());
  auto projector = StartProjector(settings, *std::move(outcome_store), clock, metrics);
  if (!projector.ok()) return Fail("projector", projector.error());
  log::Info("worker_started", {{"store", StoreName(settings)}});
  const Status ended = Work(settings, *cluster_id, **store, clock, metrics, health, *wakeup);
  (*projector)->Stop();
  (*health_server)->Stop();
  if (!ended.ok()) return Fail("worker_failed", ended.error());
  log::Info("worker_stopped");
  return kClean;
}

}  // namespace
}  // namespace headrace::worker

int main(int argc, char** argv) {
  using namespace headrace;
  try {
    const config::WorkerCommandLine line =
        config::ParseWorkerCommandLine(argc, argv, config::ReadEnvironment());
    std::fputs(line.out.c_str(), stdout);
    std::fputs(line.err.c_str(), stderr);
    if (line.exit_code) return *line.exit_code;
    log::Configure(line.settings.log);
    for (const std::string& warning : line.warnings) log::Warn("settings", {{"detail", warning}});
    return worker::Run(line.settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "headrace-worker: %s\n", error.what());
    return worker::kInternal;
  }
}
