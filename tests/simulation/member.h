// A consumer of the simulated cluster: a member of a group, or a private reader.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/ports/event_log.h"
#include "tests/simulation/host.h"
#include "tests/simulation/stage.h"

namespace headrace::simulation {

struct MemberPlace {
  std::vector<std::string> topics;
  std::string group;  // empty: a private reader of everything from the start
  AssignmentListener* listener = nullptr;
  bool leads_work = false;  // the worker loop's own: the checker is told of everything
};

class Member final : public EventConsumer {
 public:
  // `host` must outlive the member.
  Member(Stage& stage, Host* host, MemberPlace place);
  ~Member() override;

  Status Poll(std::chrono::milliseconds timeout, std::size_t count_max,
              std::vector<Record>& records) override;
  Status Commit(std::span<const PartitionPosition> positions) override;
  void Pause(TopicPartition partition) override;
  void Resume(TopicPartition partition) override;
  Status Seek(const PartitionPosition& position) override;
  Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t topic) override;

  const Host* host() const { return host_; }

  // The broker has given its partitions to others; it learns so when it polls.
  bool expelled = false;

 private:
  struct Reading {
    std::int64_t start = 0;
    std::int64_t next = 0;
  };
  struct Held {
    StoredRecord record;
    std::vector<Header> headers;
  };

  Status TryCommit(std::span<const PartitionPosition> positions);
  bool Reaches() const;
  void FollowGroup();
  void GiveUp(std::vector<TopicPartition> partitions);
  void Lose();
  void TakeOver();
  PartitionPosition StartOf(TopicPartition partition);
  void Fetch(std::size_t count_max, std::vector<Record>& records);
  void FetchFrom(TopicPartition partition, std::size_t count_max, std::vector<Record>& records);
  const std::string& TopicOf(TopicPartition partition) const {
    return place_.topics.at(partition.topic);
  }

  Stage& stage_;
  Host* const host_;
  const MemberPlace place_;
  Group* const group_;
  std::map<TopicPartition, Reading> reading_;  // what is assigned, as far as this member knows
  std::set<TopicPartition> paused_;
  std::deque<Held> held_;  // behind the views of the last poll
  bool losing_ = false;
};

}  // namespace headrace::simulation
