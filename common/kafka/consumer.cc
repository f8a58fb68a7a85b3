// One class over librdkafka's consumer for both kinds of reader. What the 2.0.2 of Debian 12 makes
// necessary (and what newer versions tolerate):
// - messages are polled one by one: the batch calls lose or misplace messages around pause, seek
//   and rebalance before 2.1;
// - pause and resume are called exactly once a transition: resuming a partition that is not paused
//   rewinds it before 2.4;
// - older versions use the eager range assignor, see Assignor; the callback serves both protocols;
// - end offsets come from rd_kafka_offsets_for_times, because the watermark query has no working
//   timeout before 2.3;
// - fetching sleeps for up to a second once the local queue was full; see prefetch_watch.h.
#include "common/kafka/consumer.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "common/base/log.h"
#include "common/kafka/broker_watch.h"
#include "common/kafka/handles.h"
#include "common/kafka/partition_lists.h"
#include "common/kafka/partition_queries.h"
#include "common/kafka/prefetch_watch.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;

using Property = Properties::value_type;

constexpr milliseconds kBrokerTimeout{5'000};
constexpr milliseconds kProbeTimeout{500};  // for what has just failed
constexpr milliseconds kWakeTimeout{100};
constexpr milliseconds kBetweenReads{1'000};  // of commits that cannot be read
// What a caller gets beyond its limits at most, when records are large: this and one record.
constexpr std::size_t kPollBytesMax = 4u << 20;
constexpr std::string_view kHeaderPrefix = "headrace-";

Timestamp ToTimestamp(std::int64_t ms) { return Timestamp(std::chrono::milliseconds(ms)); }

bool CooperativeIsSafe() { return rd_kafka_version() >= 0x02060100; }
bool HasFetchQueueBackoff() { return rd_kafka_version() >= 0x02020000; }

const char* StrategyOf(Assignor assignor) {
  const bool cooperative = assignor == Assignor::kCooperativeSticky ||
                           (assignor == Assignor::kBySafety && CooperativeIsSafe());
  return cooperative ? "cooperative-sticky" : "range";
}

Error ToError(rd_kafka_resp_err_t code, const char* context) {
  return Transient(std::string(context) + ": " + rd_kafka_err2str(code));
}

class KafkaConsumer final : public EventConsumer {
 public:
  KafkaConsumer(const KafkaSettings& settings, ConsumerOptions options,
                AssignmentListener* listener)
      : settings_(settings),
        options_(std::move(options)),
        listener_(listener),
        prefetch_({.bytes = options_.prefetch_bytes_max}) {}
  ~KafkaConsumer() override { Close(); }
  KafkaConsumer(const KafkaConsumer&) = delete;
  KafkaConsumer& operator=(const KafkaConsumer&) = delete;

  Status Start(Conf conf, const Wakeup* wakeup);

  Status Poll(milliseconds timeout, std::size_t count_max, std::vector<Record>& records) override;
  Status Commit(std::span<const PartitionPosition> positions) override;
  void Pause(TopicPartition partition) override;
  void Resume(TopicPartition partition) override;
  Status Seek(const PartitionPosition& position) override;
  Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t topic) override;

 private:
  static void OnError(rd_kafka_t*, int code, const char* reason, void* opaque);
  static void OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);

  bool in_group() const { return !options_.group.empty(); }
  Status AssignAllFromStart(milliseconds timeout);
  void Assigned(rd_kafka_topic_partition_list_t* partitions);
  void Unassigned(rd_kafka_topic_partition_list_t* partitions);
  void HoldBack(const std::vector<TopicPartition>& partitions, const Error& error);
  void ReadCommits();
  bool cooperative() const;
  void Take(Message message, std::vector<Record>& records, Status& status);
  void NudgeFetchers(std::size_t messages, std::size_t bytes);
  void ReadHeaders(const rd_kafka_message_t& message);
  void Close();

  const KafkaSettings settings_;
  const ConsumerOptions options_;
  AssignmentListener* const listener_;
  std::set<TopicPartition> paused_;
  std::set<TopicPartition> unread_;  // paused until their commit is known; nobody was told of them
  SteadyTime next_read_{};
  BrokerWatch brokers_;
  PrefetchWatch prefetch_;
  bool assigned_from_start_ = false;
  std::vector<Message> held_;    // what the views of the last Poll point into
  std::vector<Header> headers_;  // of all records of the last Poll, one after the other
  std::vector<std::size_t> header_ends_;
  Client client_;
  Queue queue_;  // after the client: a queue handle keeps the client from closing
};

Status KafkaConsumer::Start(Conf conf, const Wakeup* wakeup) {
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_rebalance_cb(conf.get(), OnRebalance);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  Result<Client> client = OpenClient(RD_KAFKA_CONSUMER, std::move(conf));
  if (!client.ok()) return std::move(client).error();
  client_ = std::move(*client);
  rd_kafka_poll_set_consumer(client_.get());
  queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  if (wakeup != nullptr) {
    static constexpr std::uint64_t kOne = 1;
    rd_kafka_queue_io_event_enable(queue_.get(), wakeup->fd(), &kOne, sizeof(kOne));
  }
  if (!in_group()) return {};
  PartitionList topics(rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(client_.get(), topics.get());
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : Status(Invalid(rd_kafka_err2str(code)));
}

void KafkaConsumer::Close() {
  if (client_ == nullptr) return;
  held_.clear();  // a message alive would block the close for ever
  queue_.reset();
  rd_kafka_consumer_close(client_.get());
}

Status KafkaConsumer::Poll(milliseconds timeout, std::size_t count_max,
                           std::vector<Record>& records) {
  records.clear();
  held_.clear();
  headers_.clear();
  header_ends_.clear();
  if (!in_group() && !assigned_from_start_) {
    if (Status assigned = AssignAllFromStart(timeout); !assigned.ok()) return assigned;
  }
  ReadCommits();
  Status status;
  int wait_ms = static_cast<int>(timeout.count());
  std::size_t bytes = 0;
  while (records.size() < count_max && bytes < kPollBytesMax) {
    Message message(rd_kafka_consumer_poll(client_.get(), wait_ms));
    if (message == nullptr) break;
    bytes += message->key_len + message->len;
    Take(std::move(message), records, status);
    wait_ms = 0;
  }
  // The header vector has stopped growing, so its spans are stable now.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].headers = std::span(headers_).subspan(begin, header_ends_[i] - begin);
    begin = header_ends_[i];
  }
  NudgeFetchers(records.size(), bytes);
  if (records.empty() && !status.ok()) return status;
  if (records.empty()) return brokers_.Check(client_.get(), settings_, options_.topics[0]);
  brokers_.OnAnswer();
  return {};
}

void KafkaConsumer::NudgeFetchers(std::size_t messages, std::size_t bytes) {
  if (HasFetchQueueBackoff()) return;
  const std::size_t queued = rd_kafka_queue_length(queue_.get());
  if (prefetch_.ShouldWake(messages, bytes, queued)) WakeFetchers(client_.get(), kWakeTimeout);
}

// Called while we poll. Without it librdkafka only logs that its brokers are gone.
void KafkaConsumer::OnError(rd_kafka_t*, int code, const char*, void* opaque) {
  static_cast<KafkaConsumer*>(opaque)->brokers_.OnError(code);
}

void KafkaConsumer::Take(Message message, std::vector<Record>& records, Status& status) {
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* detail = rd_kafka_message_errstr(message.get());
    const bool fatal = message->err == RD_KAFKA_RESP_ERR__FATAL;
    status = fatal ? Permanent(std::string("kafka consumer: ") + detail)
                   : Transient(UnreachableMessage(settings_, detail));
    return;
  }
  rd_kafka_timestamp_type_t type;
  records.push_back({.source = {TopicNumber(options_.topics, rd_kafka_topic_name(message->rkt)),
                                message->partition},
                     .offset = message->offset,
                     .append_time = ToTimestamp(rd_kafka_message_timestamp(message.get(), &type)),
                     .key = {static_cast<const char*>(message->key), message->key_len},
                     .value = {static_cast<const char*>(message->payload), message->len},
                     .headers = {}});
  ReadHeaders(*message);
  header_ends_.push_back(headers_.size());
  held_.push_back(std::move(message));
}

void KafkaConsumer::ReadHeaders(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    const std::string_view view(name);
    if (!view.starts_with(kHeaderPrefix)) continue;
    headers_.push_back({view, {static_cast<const char*>(value), value == nullptr ? 0 : size}});
  }
}

Status KafkaConsumer::Commit(std::span<const PartitionPosition> positions) {
  // librdkafka would hold the caller until the group's session has timed out.
  if (brokers_.down()) return Transient("commit: no broker answers");
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const PartitionPosition& position : positions) {
    rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(
        list.get(), options_.topics[position.partition.topic].c_str(),
        position.partition.partition);
    entry->offset = position.offset;
    if (position.metadata.empty()) continue;
    entry->metadata = rd_kafka_mem_malloc(client_.get(), position.metadata.size());
    std::copy(position.metadata.begin(), position.metadata.end(),
              static_cast<char*>(entry->metadata));
    entry->metadata_size = position.metadata.size();
  }
  const rd_kafka_resp_err_t code = CommitWithin(client_.get(), *list, kBrokerTimeout);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : Status(ToError(code, "commit"));
}

void KafkaConsumer::Pause(TopicPartition partition) {
  if (!paused_.insert(partition).second) return;
  rd_kafka_pause_partitions(client_.get(), MakeList(options_.topics, {&partition, 1}).get());
}

void KafkaConsumer::Resume(TopicPartition partition) {
  if (paused_.erase(partition) == 0) return;
  rd_kafka_resume_partitions(client_.get(), MakeList(options_.topics, {&partition, 1}).get());
}

Status KafkaConsumer::Seek(const PartitionPosition& position) {
  PartitionList list = MakeList(options_.topics, {&position.partition, 1});
  list->elems[0].offset = position.offset;
  ErrorHandle error(rd_kafka_seek_partitions(client_.get(), list.get(),
                                             static_cast<int>(kBrokerTimeout.count())));
  if (error != nullptr)
    return Transient(std::string("seek: ") + rd_kafka_error_string(error.get()));
  if (list->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return ToError(list->elems[0].err, "seek");
  return {};
}

Result<std::vector<std::int64_t>> KafkaConsumer::EndOffsets(std::uint16_t topic) {
  auto ends = kafka::EndOffsets(client_.get(), settings_, options_.topics[topic],
                                brokers_.down() ? kProbeTimeout : kBrokerTimeout);
  if (ends.ok()) brokers_.OnAnswer();
  return ends;
}

Status KafkaConsumer::AssignAllFromStart(milliseconds timeout) {
  PartitionList list(rd_kafka_topic_partition_list_new(8));
  for (std::uint16_t topic = 0; topic < options_.topics.size(); ++topic) {
    const Result<int> count = PartitionCount(client_.get(), settings_, options_.topics[topic],
                                             std::max(timeout, milliseconds(1'000)));
    if (!count.ok()) return count.error();
    for (int partition = 0; partition < *count; ++partition) {
      rd_kafka_topic_partition_list_add(list.get(), options_.topics[topic].c_str(), partition)
          ->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
  }
  const rd_kafka_resp_err_t code = rd_kafka_assign(client_.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ToError(code, "assign");
  assigned_from_start_ = true;
  return {};
}

bool KafkaConsumer::cooperative() const {
  const char* protocol = rd_kafka_rebalance_protocol(client_.get());
  return protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
}

void KafkaConsumer::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                                rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<KafkaConsumer*>(opaque);
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return self->Assigned(partitions);
  if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) return self->Unassigned(partitions);
  log::Warn("rebalance_failed", {{"error", rd_kafka_err2str(code)}});
  rd_kafka_assign(client, nullptr);
}

void KafkaConsumer::Assigned(rd_kafka_topic_partition_list_t* partitions) {
  auto positions =
      CommittedPositions(client_.get(), settings_, options_.topics, *partitions, kBrokerTimeout);
  if (positions.ok()) listener_->OnAssigned(*positions);
  for (int i = 0; i < partitions->cnt; ++i) {
    partitions->elems[i].offset =
        positions.ok() ? (*positions)[static_cast<std::size_t>(i)].offset : RD_KAFKA_OFFSET_END;
  }
  if (cooperative()) {
    const ErrorHandle error(rd_kafka_incremental_assign(client_.get(), partitions));
    if (error != nullptr)
      log::Error("assign_failed", {{"error", rd_kafka_error_string(error.get())}});
  } else {
    rd_kafka_assign(client_.get(), partitions);
  }
  if (!positions.ok()) HoldBack(FromList(options_.topics, *partitions), positions.error());
}

// Whoever does not know the commit does not know what was begun, so nothing is read before.
void KafkaConsumer::HoldBack(const std::vector<TopicPartition>& partitions, const Error& error) {
  log::Warn("commits_unread", {{"partitions", partitions.size()},
                               {"reason", error.message},
                               {"detail", "they wait until their commits can be read"}});
  for (const TopicPartition& partition : partitions) Pause(partition);
  unread_.insert(partitions.begin(), partitions.end());
  next_read_ = std::chrono::steady_clock::now() + kBetweenReads;
}

void KafkaConsumer::ReadCommits() {
  if (unread_.empty() || std::chrono::steady_clock::now() < next_read_) return;
  next_read_ = std::chrono::steady_clock::now() + kBetweenReads;
  const std::vector<TopicPartition> waiting(unread_.begin(), unread_.end());
  auto positions = CommittedPositions(client_.get(), settings_, options_.topics,
                                      *MakeList(options_.topics, waiting), kProbeTimeout);
  if (!positions.ok()) return;
  listener_->OnAssigned(*positions);
  unread_.clear();
  std::vector<TopicPartition> stuck;
  for (const PartitionPosition& position : *positions) {
    Resume(position.partition);
    if (!Seek(position).ok()) stuck.push_back(position.partition);
  }
  if (stuck.empty()) return;
  listener_->OnLost(stuck);
  HoldBack(stuck, Transient("their place cannot be sought"));
}

void KafkaConsumer::Unassigned(rd_kafka_topic_partition_list_t* partitions) {
  std::vector<TopicPartition> gone = FromList(options_.topics, *partitions);
  std::erase_if(gone,
                [&](const TopicPartition& partition) { return unread_.erase(partition) > 0; });
  if (rd_kafka_assignment_lost(client_.get()) != 0) {
    if (!gone.empty()) listener_->OnLost(gone);
  } else if (!gone.empty()) {
    listener_->OnRevoked(gone);
  }
  // librdkafka keeps a pause over assignments, so what came back would never be read again.
  for (const TopicPartition& partition : FromList(options_.topics, *partitions)) Resume(partition);
  if (cooperative()) {
    const ErrorHandle error(rd_kafka_incremental_unassign(client_.get(), partitions));
    if (error != nullptr) {
      log::Error("unassign_failed", {{"error", rd_kafka_error_string(error.get())}});
    }
  } else {
    rd_kafka_assign(client_.get(), nullptr);
  }
}

}  // namespace

Result<std::unique_ptr<EventConsumer>> OpenConsumer(const KafkaSettings& settings,
                                                    const ConsumerOptions& options,
                                                    AssignmentListener* listener,
                                                    const Wakeup* wakeup) {
  CHECK(options.group.empty() || listener != nullptr);
  const Properties defaults = {{"fetch.wait.max.ms", "100"},
                               {"check.crcs", "true"},
                               // Where there is no such setting the first one is said twice.
                               HasFetchQueueBackoff() ? Property("fetch.queue.backoff.ms", "5")
                                                      : Property("fetch.wait.max.ms", "100")};
  const Properties fixed = {
      // librdkafka wants a group id even of a consumer that never joins or commits.
      {"group.id", options.group.empty() ? options.client_id + "-reader" : options.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "earliest"},
      {"session.timeout.ms", std::to_string(options.session_timeout.count())},
      {"heartbeat.interval.ms", std::to_string(options.session_timeout.count() / 5)},
      {"partition.assignment.strategy", StrategyOf(options.assignor)},
      {"queued.max.messages.kbytes", std::to_string(options.prefetch_bytes_max >> 10)},
  };
  Result<Conf> conf = MakeConf(settings, options.client_id, defaults, fixed);
  if (!conf.ok()) return std::move(conf).error();
  auto consumer = std::make_unique<KafkaConsumer>(settings, options, listener);
  if (Status started = consumer->Start(std::move(*conf), wakeup); !started.ok()) {
    return std::move(started).error();
  }
  return std::unique_ptr<EventConsumer>(std::move(consumer));
}

}  // namespace headrace::kafka
