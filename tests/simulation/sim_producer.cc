#include "tests/simulation/sim_producer.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/model/item_header.h"
#include "common/model/outcome.h"

namespace headrace::simulation {
namespace {

const std::string* HeaderOf(const StoredRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

ItemIdHeader IdOf(const StoredRecord& letter) {
  const std::string* id = HeaderOf(letter, kItemIdHeader);
  CHECK(id != nullptr);
  const auto header = ParseItemIdHeader(*id);
  CHECK(header.ok());
  return *header;
}

}  // namespace

SimProducer::~SimProducer() {
  if (!stage_.cluster.reachable || broken_) return;
  for (std::size_t left = stage_.random.Below(underway_.size() + 1); left > 0; --left) {
    TransmitOne();
  }
}

Status SimProducer::Produce(const OutgoingRecord& record) {
  Host::Call(&host_);
  if (broken_) return Permanent("an earlier record could not be delivered");
  Underway underway{.topic = std::string(record.topic), .token = record.token};
  underway.record.key = record.key;
  underway.record.value = record.value;
  for (const Header& header : record.headers) {
    underway.record.headers.emplace_back(header.name, header.value);
  }
  underway.partition = stage_.cluster.PartitionOfKey(underway.topic, underway.record.key);
  if (underway.topic == kLettersTopic) {
    const std::string* code = HeaderOf(underway.record, "headrace-code");
    stage_.checker.GivesUp(host_, IdOf(underway.record), code == nullptr ? "" : *code);
  }
  underway_.push_back(std::move(underway));
  return {};
}

void SimProducer::PollDeliveries(std::chrono::milliseconds, std::vector<Delivery>& out) {
  Host::Call(&host_);
  if (host_.draining && host_.pass_time) {
    host_.pass_time();
    Host::Call(&host_);
  }
  Transmit();
  std::size_t count =
      stage_.faults ? stage_.random.Below(deliveries_.size() + 1) : deliveries_.size();
  for (; count > 0; --count) {
    told_ = told_ || !deliveries_.front().status.ok();
    out.push_back(std::move(deliveries_.front()));
    deliveries_.pop_front();
  }
}

Status SimProducer::Flush(std::chrono::milliseconds) {
  Host::Call(&host_);
  Transmit();
  return underway_.empty() ? Status() : Transient("the brokers cannot be reached");
}

void SimProducer::Transmit() {
  if (!stage_.cluster.reachable) return;
  std::size_t count = stage_.faults ? stage_.random.Below(underway_.size() + 1) : underway_.size();
  for (; count > 0 && !broken_; --count) {
    // A drain is short.
    const int rate = stage_.plan.rates.delivery_failure * (host_.draining ? 10 : 1);
    if (!stage_.Strikes(rate)) {
      TransmitOne();
      continue;
    }
    broken_ = true;
    stage_.trace.Note("delivery_fails", {{"worker", host_.incarnation()}});
    if (stage_.random.Chance(500)) Write(underway_.front());
    deliveries_.push_back({underway_.front().token, Permanent("the delivery timed out")});
    underway_.clear();
  }
}

void SimProducer::TransmitOne() {
  const std::size_t pick = stage_.random.Below(underway_.size());
  const auto chosen = std::ranges::find_if(underway_, [&](const Underway& other) {
    return other.topic == underway_[pick].topic && other.partition == underway_[pick].partition;
  });
  Write(*chosen);
  if (chosen->token != 0) deliveries_.push_back({chosen->token, {}});
  underway_.erase(chosen);
}

void SimProducer::Write(const Underway& underway) {
  const StoredRecord& record = underway.record;
  const std::int64_t offset = stage_.cluster.Append(underway.topic, underway.partition, record);
  stage_.trace.Note(
      underway.topic == kLettersTopic ? "letter" : "outcomes",
      {{"worker", host_.incarnation()}, {"partition", underway.partition}, {"offset", offset}});
  if (underway.topic == kLettersTopic) {
    stage_.checker.LetterWritten(IdOf(record).ref);
  } else if (underway.topic == kOutcomesTopic) {
    const auto outcomes = DecodeOutcomeRecord(record.value);
    if (!outcomes.ok()) Checker::Fail("outcome records can be read", outcomes.error().message);
    stage_.checker.OutcomesWritten(host_, *outcomes);
  }
}

}  // namespace headrace::simulation
