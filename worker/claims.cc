#include "worker/claims.h"

#include <limits>

#include "common/base/log.h"

namespace headrace::worker {
namespace {

// Of a partition that is not ours: no store has given it, so that it is void.
constexpr ClaimId kVoidClaim = std::numeric_limits<ClaimId>::max();

// The store cannot tell which.
constexpr const char* kClaimedAgain =
    "the graph store has another worker's claim to it, or none since its row in fence was deleted;"
    " the group says it is ours";

}  // namespace

void Claims::Own(std::span<const PartitionPosition> positions) {
  for (const PartitionPosition& position : positions) {
    held_[position.partition] = store_.Claim(NameOf(position.partition));
  }
}

void Claims::Forget(std::span<const TopicPartition> partitions) {
  for (const TopicPartition& partition : partitions) held_.erase(partition);
}

void Claims::Stamp(std::span<WorkItem> chunk) const {
  TopicPartition last;
  ClaimId claim = kNoClaim;
  for (WorkItem& item : chunk) {
    // Items of one partition come together.
    if (claim == kNoClaim || item.source != last) {
      last = item.source;
      const auto found = held_.find(last);
      claim = found == held_.end() ? kVoidClaim : found->second;
    }
    item.write.claim = claim;
  }
}

void Claims::Renew(std::span<const WorkItem> chunk) {
  for (const WorkItem& item : chunk) {
    const auto found = held_.find(item.source);
    if (found == held_.end() || found->second != item.write.claim) continue;
    found->second = store_.Claim(NameOf(item.source));
    log::Warn("partition_claimed_again",
              {{"partition", item.source.partition}, {"detail", kClaimedAgain}});
  }
}

std::string Claims::NameOf(TopicPartition partition) const {
  return place_ + "/" + std::to_string(partition.partition);
}

}  // namespace headrace::worker
