#include "worker/batch_turns.h"

#include <utility>

#include "common/base/check.h"

namespace headrace::worker {

BatchQueue* BatchQueues::Take(const BatchId& batch) {
  if (spare_ == nullptr) spare_ = &queues_.emplace_back();
  BatchQueue* queue = std::exchange(spare_, spare_->next);
  queue->batch = batch;
  queue->shared = false;
  queue->next = nullptr;
  return queue;
}

void BatchQueues::Give(BatchQueue* queue) { queue->next = std::exchange(spare_, queue); }

void BatchTurns::PushBack(ItemNode* node, const BatchId& batch, BatchQueues& queues) {
  QueueOf(batch, queues).items.PushBack(node);
  ++size_;
}

void BatchTurns::PushFront(ItemNode* node, const BatchId& batch, BatchQueues& queues) {
  QueueOf(batch, queues).items.PushFront(node);
  ++size_;
}

ItemNode* BatchTurns::PopFront(BatchQueues& queues) {
  CHECK(!empty());
  --size_;
  BatchQueue* queue = last_->next;
  ItemNode* node = queue->items.PopFront();
  if (!queue->items.empty()) {
    last_ = queue;
    return node;
  }
  last_->next = queue->next;
  if (queue == last_) last_ = nullptr;
  if (queue == shared_) shared_ = nullptr;
  --count_;
  queues.Give(queue);
  return node;
}

// A batch is in one queue at a time: in its own, and if it has none, in the shared one while there
// is one, because its earlier items may be there.
BatchQueue& BatchTurns::QueueOf(const BatchId& batch, BatchQueues& queues) {
  if (last_ != nullptr) {
    BatchQueue* queue = last_;
    do {
      if (!queue->shared && queue->batch == batch) return *queue;
      queue = queue->next;
    } while (queue != last_);
    if (shared_ != nullptr) return *shared_;
  }
  BatchQueue* added = queues.Take(batch);
  if (last_ == nullptr) {
    added->next = added;
  } else {
    added->next = last_->next;
    last_->next = added;
  }
  last_ = added;
  if (++count_ > kQueuesMax) {
    added->shared = true;
    shared_ = added;
  }
  return *added;
}

}  // namespace headrace::worker
