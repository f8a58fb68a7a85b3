// The waiting items of one lane: a queue for each batch, served in turns, an item a turn. So a
// small batch does not wait behind a large one of the same graph, and every batch keeps its order.
//
// A lane with one batch, the usual case, has one queue and pays one comparison an item. Queues are
// recycled, so that batches coming and going allocate nothing in steady state.
#pragma once

#include <cstddef>
#include <deque>

#include "common/model/ids.h"
#include "worker/item_list.h"

namespace headrace::worker {

struct BatchQueue {
  BatchId batch;
  bool shared = false;  // holds items of several batches, in the order in which they came
  ItemList items;
  BatchQueue* next = nullptr;
};

// Owns all queues, used and spare; as many as there ever were at once.
class BatchQueues {
 public:
  BatchQueue* Take(const BatchId& batch);
  void Give(BatchQueue* queue);

 private:
  std::deque<BatchQueue> queues_;  // never moves them
  BatchQueue* spare_ = nullptr;
};

// Owns no queue and no node. `batch` is what the item keeps its order within.
class BatchTurns {
 public:
  // So many batches take turns with queues of their own. Those that come while there are as many
  // share one more queue until it is empty: looking for a batch's queue must not become slow.
  static constexpr std::size_t kQueuesMax = 64;

  // After all items of its batch.
  void PushBack(ItemNode* node, const BatchId& batch, BatchQueues& queues);
  // Before all items of its batch.
  void PushFront(ItemNode* node, const BatchId& batch, BatchQueues& queues);
  // There are items.
  ItemNode* PopFront(BatchQueues& queues);

  // What PopFront gives next. There are items.
  const WorkItem& front() const { return last_->next->items.front()->item; }

  bool empty() const { return last_ == nullptr; }
  std::size_t size() const { return size_; }

 private:
  BatchQueue& QueueOf(const BatchId& batch, BatchQueues& queues);

  BatchQueue* last_ = nullptr;    // of a ring, none of it empty; the next one's turn it is
  BatchQueue* shared_ = nullptr;  // of the ring
  std::size_t count_ = 0;         // of the ring
  std::size_t size_ = 0;          // items
};

}  // namespace headrace::worker
