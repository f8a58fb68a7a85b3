#include "common/kafka/topic_names.h"

namespace headrace::kafka {

TopicNames::TopicNames(const std::string& prefix)
    : staging(prefix + "staging"),
      items_batch(prefix + "items.batch"),
      items_realtime(prefix + "items.realtime"),
      outcomes(prefix + "outcomes"),
      journal(prefix + "journal"),
      dead_letters(prefix + "dead-letters") {}

GroupNames::GroupNames(const std::string& prefix)
    : worker_batch(prefix + "worker.batch"),
      worker_realtime(prefix + "worker.realtime"),
      accounting(prefix + "accounting") {}

}  // namespace headrace::kafka
