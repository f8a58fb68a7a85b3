// Order and loss. Idempotence keeps the order of a partition over retries, but two things could
// still let a record overtake an earlier one that failed: a message that times out in the local
// queue while the next one is sent, and a batch that the broker refuses for good. So messages never
// time out by themselves (message.timeout.ms = 0; we watch for progress instead), and
// enable.gapless.guarantee turns a refused batch into a fatal error that stops the whole producer.
// Both are stricter than stopping the one key, and need no table of keys.
#include "common/kafka/producer.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "common/kafka/handles.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kMetadataTimeoutMs = 1'000;

DeliveryFailure ReasonOf(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return DeliveryFailure::kTooLarge;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return DeliveryFailure::kNotAllowed;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return DeliveryFailure::kNoTopic;
    case RD_KAFKA_RESP_ERR__FATAL:
      return DeliveryFailure::kFatal;
    default:
      return DeliveryFailure::kOther;
  }
}

class KafkaProducer final : public EventProducer {
 public:
  KafkaProducer(const KafkaSettings& settings, ProducerObserver* observer)
      : settings_(settings), observer_(observer) {}

  // Separate from construction, because the client's callbacks carry this object's address.
  Status Start(Conf conf, const Wakeup* wakeup) {
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
    if (observer_ != nullptr) rd_kafka_conf_set_stats_cb(conf.get(), OnStatistics);
    Result<Client> client = OpenClient(RD_KAFKA_PRODUCER, std::move(conf));
    if (!client.ok()) return std::move(client).error();
    client_ = std::move(*client);
    if (wakeup != nullptr) {
      static constexpr std::uint64_t kOne = 1;
      main_queue_.reset(rd_kafka_queue_get_main(client_.get()));
      rd_kafka_queue_io_event_enable(main_queue_.get(), wakeup->fd(), &kOne, sizeof(kOne));
    }
    return {};
  }

  ~KafkaProducer() override {
    // Whoever wanted these delivered has called Flush; without the purge destruction would wait
    // for brokers that may never come back.
    if (client_ == nullptr) return;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client_.get(), 1'000);
  }

  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  Status Produce(const OutgoingRecord& record) override {
    if (!failure_.empty()) return Permanent(failure_);
    while (true) {
      const rd_kafka_resp_err_t error = TryProduce(record);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        return Invalid("record of " + std::to_string(record.value.size()) +
                       " bytes is larger than message.max.bytes");
      }
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return Fail(rd_kafka_err2str(error));
      rd_kafka_poll(client_.get(), 50);
      if (!failure_.empty()) return Permanent(failure_);
      if (Stalled()) {
        return Transient(UnreachableMessage(
            settings_, "nothing was delivered for " +
                           std::to_string(settings_.delivery_timeout.count()) + " ms"));
      }
    }
  }

  void PollDeliveries(milliseconds timeout, std::vector<Delivery>& out) override {
    rd_kafka_poll(client_.get(), deliveries_.empty() ? static_cast<int>(timeout.count()) : 0);
    std::move(deliveries_.begin(), deliveries_.end(), std::back_inserter(out));
    deliveries_.clear();
  }

  Status Flush(milliseconds timeout) override {
    if (rd_kafka_flush(client_.get(), static_cast<int>(timeout.count())) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Transient(UnreachableMessage(
          settings_, std::to_string(rd_kafka_outq_len(client_.get())) + " records not delivered"));
    }
    if (!failure_.empty()) return Permanent(failure_);
    return {};
  }

 private:
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<KafkaProducer*>(opaque);
    const auto token = reinterpret_cast<std::uintptr_t>(message->_private);
    self->last_progress_ = SteadyClock::now();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (token != 0) self->deliveries_.push_back({token, {}});
      return;
    }
    if (self->observer_ != nullptr) self->observer_->OnDeliveryFailed(ReasonOf(message->err));
    self->deliveries_.push_back({token, self->Fail(rd_kafka_err2str(message->err))});
  }

  // 0: librdkafka frees its report.
  static int OnStatistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    const auto statistics = ParseProducerStatistics({json, size});
    if (statistics.ok()) static_cast<KafkaProducer*>(opaque)->observer_->OnStatistics(*statistics);
    return 0;
  }

  rd_kafka_resp_err_t TryProduce(const OutgoingRecord& record) {
    Headers headers;
    if (!record.headers.empty()) {
      headers.reset(rd_kafka_headers_new(record.headers.size()));
      for (const Header& header : record.headers) {
        rd_kafka_header_add(headers.get(), header.name.data(),
                            static_cast<ssize_t>(header.name.size()), header.value.data(),
                            static_cast<ssize_t>(header.value.size()));
      }
    }
    rd_kafka_topic_t* topic = FindTopic(record.topic);
    if (topic == nullptr) return RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
    if (rd_kafka_outq_len(client_.get()) == 0) last_progress_ = SteadyClock::now();
    // F_COPY leaves key and value alone, so the casts only satisfy the C signature.
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(const_cast<char*>(record.key.data()), record.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<std::uintptr_t>(record.token))),
        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
    // On success the message owns the headers.
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<void>(headers.release());
    return error;
  }

  // A topic that librdkafka has not heard of waits for a scan that runs once a second; asking for
  // its metadata ends the wait at once.
  rd_kafka_topic_t* FindTopic(std::string_view name) {
    const auto found = topics_.find(name);
    if (found != topics_.end()) return found->second.get();
    Topic topic(rd_kafka_topic_new(client_.get(), std::string(name).c_str(), nullptr));
    if (topic == nullptr) return nullptr;
    const rd_kafka_metadata_t* raw = nullptr;
    rd_kafka_metadata(client_.get(), 0, topic.get(), &raw, kMetadataTimeoutMs);
    const Metadata metadata(raw);
    return topics_.emplace(name, std::move(topic)).first->second.get();
  }

  bool Stalled() const { return SteadyClock::now() - last_progress_ > settings_.delivery_timeout; }

  // Remembers the first failure: from then on nothing may be sent.
  Error Fail(std::string reason) {
    char fatal[512] = {};
    if (rd_kafka_fatal_error(client_.get(), fatal, sizeof(fatal)) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      reason.append(" (").append(fatal).append(")");
    }
    if (failure_.empty()) failure_ = "kafka: a record could not be delivered: " + reason;
    return Permanent(failure_);
  }

  const KafkaSettings settings_;
  ProducerObserver* const observer_;
  std::vector<Delivery> deliveries_;
  std::string failure_;
  SteadyClock::time_point last_progress_ = SteadyClock::now();
  Client client_;  // after what OnDelivery touches: closing it may still call that
  // After the client: these handles keep it from closing.
  Queue main_queue_;
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace

Result<std::unique_ptr<EventProducer>> OpenProducer(const KafkaSettings& settings,
                                                    const std::string& client_id,
                                                    const Wakeup* wakeup,
                                                    ProducerObserver* observer) {
  const Properties defaults = {{"linger.ms", "5"},
                               {"queue.buffering.max.messages", "200000"},
                               {"statistics.interval.ms", observer != nullptr ? "5000" : "0"}};
  const Properties fixed = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"enable.gapless.guarantee", "true"},
      {"message.timeout.ms", "0"},
      {"partitioner", "murmur2"},  // as Java clients, so that everybody agrees on the partition
      {"queue.buffering.max.kbytes", std::to_string(settings.producer_queue_bytes_max >> 10)},
  };
  Result<Conf> conf = MakeConf(settings, client_id, defaults, fixed);
  if (!conf.ok()) return std::move(conf).error();
  auto producer = std::make_unique<KafkaProducer>(settings, observer);
  if (Status started = producer->Start(std::move(*conf), wakeup); !started.ok()) {
    return std::move(started).error();
  }
  return std::unique_ptr<EventProducer>(std::move(producer));
}

}  // namespace headrace::kafka
