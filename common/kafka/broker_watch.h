// Whether any broker answers, for a client that polls.
#pragma once

#include <string>

#include "common/kafka/handles.h"
#include "common/kafka/kafka_settings.h"

namespace headrace::kafka {

// librdkafka calls all brokers down also when the first of a host's addresses refuses (localhost as
// ::1), and never says that they are back. So a suspicion is checked before it counts, and a loss
// is looked at again until somebody answers. Used by the thread that polls.
class BrokerWatch {
 public:
  // For the client's error callback.
  void OnError(int code);
  void OnAnswer() { state_ = State::kUp; }
  bool down() const { return state_ == State::kDown; }

  // Costs nothing while nothing is suspected. kTransient with the sentence for the user otherwise.
  Status Check(rd_kafka_t* client, const KafkaSettings& settings, const std::string& topic);

 private:
  enum class State { kUp, kSuspect, kDown };

  State state_ = State::kUp;
};

}  // namespace headrace::kafka
