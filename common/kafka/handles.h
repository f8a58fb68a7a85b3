// Owning handles over librdkafka's C API. Together with the .cc files of this folder, the only
// place that knows librdkafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "common/kafka/kafka_settings.h"

namespace headrace::kafka {

// Destroys with the C function that belongs to the type.
template <auto Destroy>
struct HandleDeleter {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};

using Client = std::unique_ptr<rd_kafka_t, HandleDeleter<rd_kafka_destroy>>;
using Conf = std::unique_ptr<rd_kafka_conf_t, HandleDeleter<rd_kafka_conf_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, HandleDeleter<rd_kafka_queue_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, HandleDeleter<rd_kafka_message_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, HandleDeleter<rd_kafka_topic_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, HandleDeleter<rd_kafka_event_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, HandleDeleter<rd_kafka_error_destroy>>;
using Headers = std::unique_ptr<rd_kafka_headers_t, HandleDeleter<rd_kafka_headers_destroy>>;
using Metadata =
    std::unique_ptr<const rd_kafka_metadata_t, HandleDeleter<rd_kafka_metadata_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                      HandleDeleter<rd_kafka_topic_partition_list_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, HandleDeleter<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, HandleDeleter<rd_kafka_NewTopic_destroy>>;
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, HandleDeleter<rd_kafka_ConfigResource_destroy>>;

using Properties = std::initializer_list<std::pair<const char*, std::string>>;

// A configuration: our defaults, then the operator's properties over them, then what the client's
// promises rest on and nobody may change.
Result<Conf> MakeConf(const KafkaSettings& settings, const std::string& client_id,
                      const Properties& defaults, const Properties& fixed);
// Takes the configuration over. kInvalid when librdkafka refuses it.
Result<Client> OpenClient(rd_kafka_type_t type, Conf conf);

// The sentence that every command shows when no broker answers.
std::string UnreachableMessage(const KafkaSettings& settings, std::string_view detail);

}  // namespace headrace::kafka
