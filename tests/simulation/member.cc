#include "tests/simulation/member.h"

#include <algorithm>

namespace headrace::simulation {
namespace {

Error Unreachable() { return Transient("the brokers cannot be reached"); }

}  // namespace

Member::Member(Stage& stage, Host* host, MemberPlace place)
    : stage_(stage),
      host_(host),
      place_(std::move(place)),
      group_(place_.group.empty() ? nullptr : &stage.cluster.GroupNamed(place_.group)) {
  if (group_ != nullptr) {
    group_->topics = place_.topics;
    stage_.cluster.Join(*group_, *this);
    return;
  }
  for (std::uint16_t topic = 0; topic < place_.topics.size(); ++topic) {
    for (int partition = 0; partition < stage_.cluster.Partitions(place_.topics[topic]);
         ++partition) {
      reading_[{topic, partition}] = {};
    }
  }
}

// A process that dies says no farewell; its session times out.
Member::~Member() {
  if (group_ == nullptr) return;
  if (host_ == nullptr || !host_->dead()) {
    std::vector<TopicPartition> owned;
    for (const auto& [partition, reading] : reading_) owned.push_back(partition);
    if (!owned.empty())
      expelled ? place_.listener->OnLost(owned) : place_.listener->OnRevoked(owned);
  }
  stage_.cluster.Leave(*group_, *this);
}

Status Member::Poll(std::chrono::milliseconds, std::size_t count_max,
                    std::vector<Record>& records) {
  Host::Call(host_);
  records.clear();
  held_.clear();
  if (host_ != nullptr && place_.leads_work) host_->polled = true;
  if (!Reaches()) return Unreachable();
  if (group_ != nullptr) FollowGroup();
  if (stage_.Strikes(stage_.plan.rates.poll_error)) return Unreachable();
  Fetch(count_max, records);
  if (place_.leads_work) {
    std::size_t bytes = 0;
    for (const Record& record : records) bytes += record.value.size();
    stage_.checker.Polled(*host_, bytes);
  }
  return {};
}

bool Member::Reaches() const {
  const bool looks_up = group_ == nullptr && place_.topics.front() == kJournalTopic;
  return stage_.cluster.reachable && (!looks_up || stage_.clock.Now() >= stage_.journal_away_until);
}

// As librdkafka does: what the group decided is told from within a poll.
void Member::FollowGroup() {
  if (expelled) {
    Lose();
    expelled = false;
    stage_.cluster.Join(*group_, *this);
  }
  std::vector<TopicPartition> leaving, held;
  for (const auto& [partition, reading] : reading_) {
    held.push_back(partition);
    if (group_->target[partition] != this) leaving.push_back(partition);
  }
  const bool anything = !leaving.empty();
  if (anything) GiveUp(stage_.plan.eager ? held : leaving);
  // Others may have changed the group while we drained.
  if (!expelled) TakeOver();
}

void Member::GiveUp(std::vector<TopicPartition> partitions) {
  if (place_.leads_work) {
    stage_.trace.Note("revoke", {{"worker", host_->incarnation()},
                                 {"partitions", static_cast<std::int64_t>(partitions.size())}});
    host_->draining = true;
  }
  place_.listener->OnRevoked(partitions);
  if (place_.leads_work) {
    std::set<std::int32_t> left;
    for (const TopicPartition& partition : partitions) left.insert(partition.partition);
    stage_.checker.Left(*host_, left);
  }
  for (const TopicPartition& partition : partitions) {
    if (place_.leads_work) host_->holds.erase(partition.partition);
    reading_.erase(partition);
    paused_.erase(partition);
    const auto owner = group_->owners.find(partition);
    if (owner != group_->owners.end() && owner->second == this) group_->owners.erase(owner);
  }
  if (place_.leads_work) host_->draining = false;
}

void Member::Lose() {
  std::vector<TopicPartition> lost;
  for (const auto& [partition, reading] : reading_) lost.push_back(partition);
  if (place_.leads_work) {
    stage_.trace.Note("lose", {{"worker", host_->incarnation()},
                               {"partitions", static_cast<std::int64_t>(lost.size())}});
    stage_.checker.Lost();
  }
  losing_ = true;
  if (!lost.empty()) place_.listener->OnLost(lost);
  losing_ = false;
  reading_.clear();
  paused_.clear();
  if (place_.leads_work) host_->holds.clear();
}

void Member::TakeOver() {
  std::vector<PartitionPosition> taken;
  for (const auto& [partition, target] : group_->target) {
    if (target != this || group_->owners.contains(partition)) continue;
    // It waits until its commit can be read.
    if (place_.leads_work && stage_.Strikes(stage_.plan.rates.unread_commit)) continue;
    group_->owners[partition] = this;
    taken.push_back(StartOf(partition));
  }
  if (taken.empty()) return;
  for (const PartitionPosition& position : taken) {
    if (!place_.leads_work) continue;
    stage_.trace.Note("assign", {{"worker", host_->incarnation()},
                                 {"partition", position.partition.partition},
                                 {"offset", position.offset}});
    host_->holds.insert(position.partition.partition);
    host_->given_at[position.partition.partition] = stage_.trace.now();
    stage_.checker.Assigned(*host_, position.partition.partition);
  }
  place_.listener->OnAssigned(taken);
  for (const PartitionPosition& position : taken) {
    const std::int64_t start = std::max<std::int64_t>(position.offset, 0);
    reading_[position.partition] = {start, start};
  }
}

PartitionPosition Member::StartOf(TopicPartition partition) {
  const auto committed = group_->committed.find(partition);
  if (committed != group_->committed.end()) return committed->second;
  return {partition, PartitionPosition::kFromStart, ""};
}

void Member::Fetch(std::size_t count_max, std::vector<Record>& records) {
  std::vector<TopicPartition> order;
  for (const auto& [partition, reading] : reading_) {
    if (!paused_.contains(partition)) order.push_back(partition);
  }
  if (order.empty()) return;
  std::ranges::rotate(
      order, order.begin() + static_cast<std::ptrdiff_t>(stage_.random.Below(order.size())));
  for (const TopicPartition& partition : order) {
    Reading& reading = reading_[partition];
    if (place_.leads_work && reading.next > reading.start &&
        stage_.Strikes(stage_.plan.rates.redelivery)) {
      reading.next = std::max(reading.start, reading.next - stage_.random.Between(1, 6));
    }
    FetchFrom(partition, count_max, records);
  }
}

void Member::FetchFrom(TopicPartition partition, std::size_t count_max,
                       std::vector<Record>& records) {
  // Private readers read all there is, as those that wait for the end of a topic must.
  const std::size_t room = count_max - records.size();
  std::size_t wanted = room;
  if (group_ != nullptr && stage_.faults) {
    wanted = std::min(room, stage_.random.Below(12));
  }
  Reading& reading = reading_[partition];
  const std::int64_t end = stage_.cluster.End(TopicOf(partition), partition.partition);
  for (; wanted > 0 && reading.next < end; ++reading.next) {
    const StoredRecord* stored =
        stage_.cluster.Read(TopicOf(partition), partition.partition, reading.next);
    if (stored == nullptr) continue;
    --wanted;
    Held& held = held_.emplace_back(Held{*stored, {}});
    for (const auto& [name, value] : held.record.headers) held.headers.push_back({name, value});
    records.push_back({partition, reading.next, held.record.at, held.record.key, held.record.value,
                       held.headers});
    if (place_.leads_work) {
      stage_.trace.Note("deliver", {{"worker", host_->incarnation()},
                                    {"partition", partition.partition},
                                    {"offset", reading.next}});
      stage_.checker.Delivered(*host_, {partition.partition, reading.next});
    }
  }
}

// While a loop drains it tries again, and the world goes on.
Status Member::Commit(std::span<const PartitionPosition> positions) {
  const Status committed = TryCommit(positions);
  if (!place_.leads_work) return committed;
  stage_.checker.CommitEnded(*host_, committed.ok());
  if (!committed.ok() && host_->draining && host_->pass_time) host_->pass_time();
  return committed;
}

Status Member::TryCommit(std::span<const PartitionPosition> positions) {
  Host::Call(host_);
  for (const PartitionPosition& position : positions) {
    if (!place_.leads_work) break;
    stage_.checker.CommitAsked(*host_, position.partition.partition);
    if (losing_) Checker::Fail("no commit of a lost partition", "while it was told so");
  }
  if (!stage_.cluster.reachable) return Unreachable();
  const bool breaks = stage_.Strikes(stage_.plan.rates.commit_error);
  if (breaks && stage_.random.Chance(500)) return Transient("the commit timed out");
  for (const PartitionPosition& position : positions) {
    const auto owner = group_->owners.find(position.partition);
    if (owner == group_->owners.end() || owner->second != this) {
      return Permanent("the partition belongs to another member");
    }
  }
  for (const PartitionPosition& position : positions) {
    group_->committed[position.partition] = position;
    if (!place_.leads_work) continue;
    stage_.trace.Note("commit", {{"worker", host_->incarnation()},
                                 {"partition", position.partition.partition},
                                 {"offset", position.offset}});
    stage_.checker.Committed(*host_, position.partition.partition, position.offset);
  }
  Host::Call(host_);
  if (breaks) return Transient("the commit's answer was lost");
  return {};
}

void Member::Pause(TopicPartition partition) {
  Host::Call(host_);
  paused_.insert(partition);
}

void Member::Resume(TopicPartition partition) {
  Host::Call(host_);
  paused_.erase(partition);
}

Status Member::Seek(const PartitionPosition& position) {
  Host::Call(host_);
  const auto found = reading_.find(position.partition);
  if (found == reading_.end()) return Invalid("the partition is not assigned");
  found->second.next = std::max<std::int64_t>(position.offset, 0);
  return {};
}

Result<std::vector<std::int64_t>> Member::EndOffsets(std::uint16_t topic) {
  Host::Call(host_);
  if (!Reaches() || stage_.Strikes(stage_.plan.rates.poll_error)) {
    return Unreachable();
  }
  std::vector<std::int64_t> ends;
  for (int i = 0; i < stage_.cluster.Partitions(place_.topics.at(topic)); ++i) {
    ends.push_back(stage_.cluster.End(place_.topics[topic], i));
  }
  return ends;
}

}  // namespace headrace::simulation
