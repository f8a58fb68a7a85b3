#pragma once

#include <cstdint>
#include <string_view>

namespace headrace {

// Kafka's murmur2 as Java clients use it for keyed records: the partition of a key is
// PartitionOf(key, partitions). Source: org.apache.kafka.common.utils.Utils, documented as part of
// the default partitioner.
std::int32_t PartitionOf(std::string_view key, std::int32_t partitions);

}  // namespace headrace
