// An event producer that keeps one sequence over all topics and delivers as the test says.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/ports/event_log.h"
#include "tests/fakes/manual_clock.h"

namespace headrace::intake {

class ScriptedProducer final : public EventProducer {
 public:
  struct Sent {
    std::string topic;
    std::string key;
    std::string value;
    std::string header;  // value of the first one
  };

  explicit ScriptedProducer(fakes::ManualClock& clock) : clock_(clock) {}

  Status Produce(const OutgoingRecord& record) override {
    sent.push_back({std::string(record.topic), std::string(record.key), std::string(record.value),
                    record.headers.empty() ? "" : std::string(record.headers[0].value)});
    pending_.push_back({record.token, judge ? judge(sent.back()) : Status()});
    pending_max = std::max(pending_max, pending_.size());
    return {};
  }

  void PollDeliveries(std::chrono::milliseconds timeout, std::vector<Delivery>& out) override {
    if (on_poll) on_poll();
    if (silent || pending_.empty()) {
      clock_.Advance(timeout);  // a real poll waits
      return;
    }
    for (std::size_t i = 0; i < deliveries_per_poll && !pending_.empty(); ++i) {
      out.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
  }

  Status Flush(std::chrono::milliseconds) override { return {}; }

  std::vector<Sent> sent;
  std::size_t pending_max = 0;
  std::size_t deliveries_per_poll = 1'000'000;
  bool silent = false;                       // no delivery is ever reported
  std::function<Status(const Sent&)> judge;  // what becomes of a record
  std::function<void()> on_poll;

 private:
  fakes::ManualClock& clock_;
  std::deque<Delivery> pending_;
};

}  // namespace headrace::intake
