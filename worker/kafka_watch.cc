#include "worker/kafka_watch.h"

namespace headrace::worker {

Status KafkaWatch::Note(const Status& status) {
  if (status.ok() != answers_) observer_.OnKafka(status);
  answers_ = status.ok();
  if (!status.ok() && status.error().code != ErrorCode::kTransient) return status;
  return {};
}

}  // namespace headrace::worker
