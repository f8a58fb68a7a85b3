#include "worker/parked_records.h"

namespace headrace::worker {

void ParkedRecords::Park(const Record& record) {
  Parked& parked = queues_[record.source].emplace_back();
  parked.key = record.key;
  parked.value = record.value;
  for (const Header& header : record.headers) {
    parked.header_texts.emplace_back(header.name, header.value);
  }
  for (const auto& [name, value] : parked.header_texts) parked.headers.push_back({name, value});
  parked.record = record;
  parked.record.key = parked.key;
  parked.record.value = parked.value;
  parked.record.headers = parked.headers;
  ++count_;
  bytes_ += parked.value.size();
}

void ParkedRecords::DropFront(TopicPartition partition) {
  const auto queue = queues_.find(partition);
  --count_;
  bytes_ -= queue->second.front().value.size();
  queue->second.pop_front();
  if (queue->second.empty()) queues_.erase(queue);
}

void ParkedRecords::Drop(TopicPartition partition) {
  while (Holds(partition)) DropFront(partition);
}

std::vector<TopicPartition> ParkedRecords::partitions() const {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, queue] : queues_) partitions.push_back(partition);
  return partitions;
}

}  // namespace headrace::worker
