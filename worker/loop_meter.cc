#include "worker/loop_meter.h"

#include <algorithm>
#include <utility>

namespace headrace::worker {
namespace {

constexpr std::chrono::milliseconds kFlowInterval{200};
constexpr std::chrono::milliseconds kLagInterval{1'000};

std::chrono::microseconds Micros(SteadyTime::duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

}  // namespace

LoopMeter::LoopMeter(Ports ports, PartitionBook& partitions,
                     std::chrono::milliseconds stalled_after)
    : ports_(ports), partitions_(partitions), lags_(stalled_after) {}

void LoopMeter::OnAssigned(std::span<const PartitionPosition> positions) {
  const SteadyTime now = ports_.clock.Now();
  lags_.Own(positions, now);
  const auto since = std::exchange(gone_since_, std::nullopt);
  if (ports_.observer == nullptr) return;
  ports_.observer->OnRebalance(RebalanceKind::kAssigned,
                               since ? std::optional(Micros(now - *since)) : std::nullopt);
}

void LoopMeter::OnGone(RebalanceKind kind, std::span<const TopicPartition> partitions) {
  lags_.Forget(partitions);
  gone_since_ = ports_.clock.Now();
  if (ports_.observer == nullptr) return;
  ports_.observer->OnRebalance(kind, std::nullopt);
  TellLags();  // the next owner shows these partitions now
}

bool LoopMeter::EndRound() {
  const SteadyTime now = ports_.clock.Now();
  flow_.longest_round = std::max(flow_.longest_round, Micros(now - round_began_));
  return ports_.observer != nullptr && now >= next_flow_;
}

void LoopMeter::Tell(const Standing& standing) {
  const SteadyTime now = ports_.clock.Now();
  next_flow_ = now + kFlowInterval;
  ports_.observer->OnFlow(flow_, standing);
  flow_ = {};
  if (now < next_lags_) return;
  next_lags_ = now + kLagInterval;
  TellLags();
}

void LoopMeter::TellLags() {
  std::map<std::int32_t, std::int64_t> questions;
  const Backlog backlog = ports_.backlog != nullptr ? ports_.backlog->Known() : Backlog{};
  const auto lags =
      lags_.Measure(partitions_, backlog, ports_.clock.WallNow(), ports_.clock.Now(), questions);
  if (ports_.backlog != nullptr) ports_.backlog->Ask(std::move(questions));
  ports_.observer->OnLags(lags);
}

}  // namespace headrace::worker
