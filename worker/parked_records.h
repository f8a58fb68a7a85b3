// Records that were polled and cannot be taken in yet, copied out of their poll so that polling
// goes on. Their partitions are paused meanwhile.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/ports/event_log.h"

namespace headrace::worker {

// Owned by the loop thread. A partition's records stay in order.
class ParkedRecords {
 public:
  void Park(const Record& record);
  // The first record of a partition that has any; valid until it is dropped.
  const Record& Front(TopicPartition partition) const {
    return queues_.at(partition).front().record;
  }
  void DropFront(TopicPartition partition);
  void Drop(TopicPartition partition);

  bool empty() const { return queues_.empty(); }
  bool Holds(TopicPartition partition) const { return queues_.contains(partition); }
  std::vector<TopicPartition> partitions() const;
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }  // of their values

 private:
  struct Parked {
    std::string key;
    std::string value;
    std::vector<std::pair<std::string, std::string>> header_texts;
    std::vector<Header> headers;  // views of those
    Record record;                // views of all of them
  };

  std::map<TopicPartition, std::deque<Parked>> queues_;  // none is empty; a deque moves no element
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace headrace::worker
