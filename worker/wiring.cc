#include "worker/wiring.h"

#include <unistd.h>

#include <cstdint>
#include <utility>

#include "common/accounting/batch_directory.h"
#include "common/accounting/projector.h"
#include "common/kafka/topic_names.h"
#include "common/model/ids.h"
#include "common/redis/redis_outcome_store.h"
#include "worker/backlog_reader.h"
#include "worker/measured_outcome_store.h"
#include "worker/outcome_reader.h"
#include "worker/worker_loop.h"

namespace headrace::worker {
namespace {

// 48 random bits and a dash: no two processes that read one topic have the same.
constexpr std::size_t kWriterBytes = 13;

Result<std::unique_ptr<OutcomeReader>> StartOutcomeReader(const Settings& settings,
                                                          const LoopParts& parts) {
  auto states = redis::OpenRedisOutcomeStore(settings.redis);
  if (!states.ok()) return std::move(states).error();
  const std::string topic = kafka::TopicNames(settings.topics.prefix).outcomes;
  auto outcomes = kafka::OpenConsumer(
      settings.kafka, {.topics = {topic}, .client_id = "headrace-outcomes"}, nullptr, nullptr);
  if (!outcomes.ok()) return std::move(outcomes).error();
  auto reader = std::make_unique<OutcomeReader>(
      OutcomeReader::Ports{
          MeasureOutcomeStore(*std::move(states), parts.clock, parts.metrics.redis),
          std::move(*outcomes), parts.wakeup},
      topic, settings.worker.in_flight_items_max + 1);
  if (Status started = reader->Start(); !started.ok()) return std::move(started).error();
  return reader;
}

Result<std::unique_ptr<EventConsumer>> OpenJournal(const Settings& settings) {
  return kafka::OpenConsumer(settings.kafka,
                             {.topics = {kafka::TopicNames(settings.topics.prefix).journal},
                              .client_id = "headrace-journal",
                              .prefetch_bytes_max = 4u << 20},
                             nullptr, nullptr);
}

}  // namespace

std::string ItemsTopic(const Settings& settings) {
  const kafka::TopicNames topics(settings.topics.prefix);
  return settings.worker.channel == Channel::kBatch ? topics.items_batch : topics.items_realtime;
}

kafka::ConsumerOptions ItemsReader(const Settings& settings, const std::string& items_topic) {
  const kafka::GroupNames groups(settings.topics.prefix);
  const bool batch = settings.worker.channel == Channel::kBatch;
  return {.topics = {items_topic},
          .group = batch ? groups.worker_batch : groups.worker_realtime,
          .client_id = "headrace-worker",
          .session_timeout = settings.worker.session_timeout,
          .prefetch_bytes_max = settings.worker.in_flight_bytes_max / 2};
}

Result<std::unique_ptr<Service>> StartProjector(const Settings& settings,
                                                std::unique_ptr<OutcomeStore> outcome_store,
                                                const Clock& clock, Metrics& metrics) {
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
      MeasureOutcomeStore(std::move(outcome_store), clock, metrics.redis), clock,
      metrics.projector);
  if (Status started = projector->Start(); !started.ok()) return std::move(started).error();
  return projector;
}

Status RunLoop(const Settings& settings, LoopParts parts,
               const std::function<bool()>& should_stop) {
  auto outcomes = StartOutcomeReader(settings, parts);
  if (!outcomes.ok()) return std::move(outcomes).error();
  auto journal = OpenJournal(settings);
  if (!journal.ok()) return std::move(journal).error();
  accounting::BatchDirectory directory(std::move(*journal));
  BacklogReader backlog(settings.kafka, parts.items_topic);
  if (Status started = backlog.Start(); !started.ok()) return started;
  const kafka::TopicNames topics(settings.topics.prefix);
  WorkerLoop loop({.open_consumer =
                       [&](AssignmentListener& listener) {
                         return kafka::OpenConsumer(settings.kafka,
                                                    ItemsReader(settings, parts.items_topic),
                                                    &listener, &parts.wakeup);
                       },
                   .producer = *parts.producer,
                   .outcomes = **outcomes,
                   .store = parts.store,
                   .directory = directory,
                   .observer = parts.metrics.worker,
                   .clock = parts.clock,
                   .wakeup = parts.wakeup,
                   .flow = &parts.metrics.flow,
                   .backlog = &backlog,
                   .beat = &parts.beat},
                  {.settings = settings.worker,
                   .admission = {.topic = parts.items_topic,
                                 .cluster_id = parts.cluster_id,
                                 .limits = settings.limits},
                   .outcomes_topic = topics.outcomes,
                   .dead_letters_topic = topics.dead_letters,
                   .writer = Uuid::Random().ToString().substr(0, kWriterBytes),
                   .seed = static_cast<std::uint64_t>(::getpid())});
  const Status ended = loop.Run(should_stop);
  // The loop's pool takes results until the store has stopped, also of chunks that outlived the
  // drain.
  parts.store.Stop();
  return ended;
}

}  // namespace headrace::worker
