#include "worker/item_list.h"

#include <utility>

#include "common/base/check.h"

namespace headrace::worker {

ItemNode* ItemNodes::Take(WorkItem&& item) {
  if (spare_ == nullptr) return &nodes_.emplace_back(std::move(item));
  ItemNode* node = std::exchange(spare_, spare_->next);
  node->item = std::move(item);
  return node;
}

void ItemNodes::Give(ItemNode* node) { node->next = std::exchange(spare_, node); }

void ItemList::PushBack(ItemNode* node) {
  node->next = nullptr;
  (empty() ? first_ : last_->next) = node;
  last_ = node;
  ++size_;
}

void ItemList::PushFront(ItemNode* node) {
  node->next = first_;
  if (empty()) last_ = node;
  first_ = node;
  ++size_;
}

ItemNode* ItemList::PopFront() {
  CHECK(!empty());
  --size_;
  return std::exchange(first_, first_->next);
}

}  // namespace headrace::worker
