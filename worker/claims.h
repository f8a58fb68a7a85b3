// The worker's claims in the graph store: which partitions it may write for.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "worker/work_item.h"

namespace headrace::worker {

// Owned by the loop thread. A partition is claimed when it is assigned, and again when the store
// says that somebody else claimed it although the group still gives it to us: a worker that lost it
// may have been slow to notice. Which of the two believes rightly is Kafka's to say; the other
// forgets the partition at its next poll and with it the claim.
class Claims {
 public:
  // `place` tells partitions of one topic from those of others in the same store.
  Claims(GraphStore& store, std::string place) : store_(store), place_(std::move(place)) {}

  void Own(std::span<const PartitionPosition> positions);
  void Forget(std::span<const TopicPartition> partitions);

  // Puts the claim of its partition on each item that is about to be tried.
  void Stamp(std::span<WorkItem> chunk) const;
  // The chunk was fenced: claims those of its partitions again that are ours, unless that has been
  // done since it was stamped.
  void Renew(std::span<const WorkItem> chunk);

 private:
  std::string NameOf(TopicPartition partition) const;

  GraphStore& store_;
  const std::string place_;
  std::map<TopicPartition, ClaimId> held_;
};

}  // namespace headrace::worker
