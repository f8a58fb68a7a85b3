// Asks Kafka what the items topic holds, on a thread of its own, so that a broker which answers
// late holds up no item.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/base/mutex.h"
#include "common/base/service.h"
#include "common/kafka/kafka_settings.h"
#include "worker/backlog.h"

namespace headrace::worker {

// The loop thread calls Known and Ask. While no broker answers, what was known stays: a lag then
// grows with the clock, which is right.
class BacklogReader final : public BacklogSource, public Service {
 public:
  BacklogReader(kafka::KafkaSettings settings, std::string topic);
  ~BacklogReader() override;

  Status Start() override;
  void Stop() override;

  Backlog Known() override;
  void Ask(std::map<std::int32_t, std::int64_t> questions) override;

 private:
  void Run(const std::stop_token& stop);

  const kafka::KafkaSettings settings_;
  const std::string topic_;
  Mutex mutex_;
  CondVar wake_;
  Backlog known_ GUARDED_BY(mutex_);
  std::map<std::int32_t, std::int64_t> questions_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace headrace::worker
