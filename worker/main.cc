// headrace-worker: wires the worker's parts together and runs them until a stop signal.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "common/accounting/projector.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/config/field_table.h"
#include "common/config/worker_command_line.h"
#include "common/http/health_server.h"
#include "common/kafka/consumer.h"
#include "common/kafka/topic_names.h"
#include "common/redis/redis_outcome_store.h"
#include "worker/outcome_reader.h"
#include "worker/start_up.h"
#include "worker/worker_loop.h"

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
Result<std::unique_ptr<http::HealthServer>> ServeHealth(const Settings& settings,
                                                        WorkerMetrics& metrics,
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

Result<std::unique_ptr<Service>> StartProjector(const Settings& settings,
                                                std::unique_ptr<OutcomeStore> outcome_store,
                                                const Clock& clock, WorkerMetrics& metrics) {
  const kafka::TopicNames topics(settings.topics.prefix);
  const kafka::GroupNames groups(settings.topics.prefix);
  const kafka::ConsumerOptions options{.topics = {topics.outcomes, topics.journal},
                                       .group = groups.accounting,
                                       .client_id = "headrace-projector",
                                       .session_timeout = settings.worker.session_timeout,
                                       .prefetch_bytes_max = 8u << 20};
  auto projector = accounting::MakeProjector(
      {.outcomes_topic = topics.outcomes, .journal_topic = topics.journal},
      [kafka = settings.kafka, options](AssignmentListener& listener) {
        return kafka::OpenConsumer(kafka, options, &listener, nullptr);
      },
      std::move(outcome_store), clock, metrics);
  if (Status started = projector->Start(); !started.ok()) return std::move(started).error();
  return projector;
}

Result<std::unique_ptr<OutcomeReader>> StartOutcomeReader(const Settings& settings,
                                                          const Wakeup& wakeup) {
  auto store = redis::OpenRedisOutcomeStore(settings.redis);
  if (!store.ok()) return std::move(store).error();
  const std::string topic = kafka::TopicNames(settings.topics.prefix).outcomes;
  auto outcomes = kafka::OpenConsumer(
      settings.kafka, {.topics = {topic}, .client_id = "headrace-outcomes"}, nullptr, nullptr);
  if (!outcomes.ok()) return std::move(outcomes).error();
  auto reader = std::make_unique<OutcomeReader>(
      OutcomeReader::Ports{std::move(*store), std::move(*outcomes), wakeup}, topic,
      settings.worker.in_flight_items_max + 1);
  if (Status started = reader->Start(); !started.ok()) return std::move(started).error();
  return reader;
}

// The loop with its own view of Kafka: a member of the worker group, a producer for outcomes and
// dead letters, and a reader of the journal.
Status RunLoop(const Settings& settings, const std::string& cluster_id, GraphStore& store,
               const Clock& clock, WorkerMetrics& metrics, const Wakeup& wakeup) {
  const kafka::TopicNames topics(settings.topics.prefix);
  const kafka::GroupNames groups(settings.topics.prefix);
  const bool batch = settings.worker.channel == Channel::kBatch;
  auto outcomes = StartOutcomeReader(settings, wakeup);
  if (!outcomes.ok()) return std::move(outcomes).error();
  const std::string& items_topic = batch ? topics.items_batch : topics.items_realtime;
  auto producer = OpenOutcomeProducer(settings, wakeup);
  if (!producer.ok()) return std::move(producer).error();
  auto journal = kafka::OpenConsumer(
      settings.kafka,
      {.topics = {topics.journal}, .client_id = "headrace-journal", .prefetch_bytes_max = 4u << 20},
      nullptr, nullptr);
  if (!journal.ok()) return std::move(journal).error();
  accounting::BatchDirectory directory(std::move(*journal));
  const kafka::ConsumerOptions options{
      .topics = {items_topic},
      .group = batch ? groups.worker_batch : groups.worker_realtime,
      .client_id = "headrace-worker",
      .session_timeout = settings.worker.session_timeout,
      .prefetch_bytes_max = settings.worker.in_flight_bytes_max / 2};
  WorkerLoop loop(
      {.open_consumer =
           [&](AssignmentListener& listener) {
             return kafka::OpenConsumer(settings.kafka, options, &listener, &wakeup);
           },
       .producer = **producer,
       .outcomes = **outcomes,
       .store = store,
       .directory = directory,
       .observer = metrics,
       .clock = clock,
       .wakeup = wakeup},
      {.settings = settings.worker,
       .admission = {.topic = items_topic, .cluster_id = cluster_id, .limits = settings.limits},
       .outcomes_topic = topics.outcomes,
       .dead_letters_topic = topics.dead_letters,
       .seed = static_cast<std::uint64_t>(::getpid())});
  const Status ended = loop.Run([&] {
    if (StopSignal() == 0) return false;
    // The drain is bounded, but leaving the group can hang in librdkafka before 2.4; the process
    // ends in any case, and what was not committed is repeated by the next owner.
    ::alarm(static_cast<unsigned>(settings.worker.drain_timeout / std::chrono::seconds(1)) + 10);
    log::Info("draining", {{"signal", StopSignal()}});
    return true;
  });
  // The loop's pool takes results until the store has stopped, also of chunks that outlived the
  // drain.
  store.Stop();
  return ended;
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
  WorkerHealth health(clock);
  WorkerMetrics metrics(settings.worker.channel, health);
  auto health_server = ServeHealth(settings, metrics, health);
  if (!health_server.ok()) return Fail("metrics_listen", health_server.error());
  // Before anything is waited for: a Redis that is refused stays refused until a person acts.
  auto outcome_store = redis::OpenRedisOutcomeStore(settings.redis);
  if (!outcome_store.ok()) return Fail("redis", outcome_store.error());
  auto store = WaitForStore(settings, health, *wakeup);
  if (!store.ok()) return Fail("store", store.error());
  auto cluster_id = WaitForKafka(settings, metrics, health, *wakeup);
  if (!cluster_id.ok()) return Fail("kafka", cluster_id.error());
  auto projector = StartProjector(settings, *std::move(outcome_store), clock, metrics);
  if (!projector.ok()) return Fail("projector", projector.error());
  log::Info("worker_started", {{"store", StoreName(settings)}});
  const Status ended = RunLoop(settings, *cluster_id, **store, clock, metrics, *wakeup);
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
