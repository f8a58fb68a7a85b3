// Waiting items as linked lists over recycled nodes: a lane without items costs no storage for
// them, and entering or leaving a lane moves an item once and allocates nothing in steady state.
#pragma once

#include <cstddef>
#include <deque>

#include "worker/work_item.h"

namespace headrace::worker {

struct ItemNode {
  WorkItem item;
  ItemNode* next = nullptr;
};

// Owns all nodes, used and spare; as many as there ever were items at once.
class ItemNodes {
 public:
  ItemNode* Take(WorkItem&& item);
  void Give(ItemNode* node);

 private:
  std::deque<ItemNode> nodes_;  // never moves them
  ItemNode* spare_ = nullptr;
};

// First in, first out, and back in at the front. Owns no node.
class ItemList {
 public:
  void PushBack(ItemNode* node);
  void PushFront(ItemNode* node);
  // The list is not empty.
  ItemNode* PopFront();

  const ItemNode* front() const { return first_; }  // null when empty
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }

 private:
  ItemNode* first_ = nullptr;
  ItemNode* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace headrace::worker
