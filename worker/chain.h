// A queue of things that carry their own link, so that entering and leaving it allocates nothing.
#pragma once

#include <utility>

namespace headrace::worker {

// A template, because both lanes and projects stand in such queues. First in, first out; a thing
// with a member `next` is in one chain at most. Owns nothing.
template <typename T>
class Chain {
 public:
  void PushBack(T* thing) {
    thing->next = nullptr;
    (empty() ? first_ : last_->next) = thing;
    last_ = thing;
  }

  // Null when it is empty.
  T* PopFront() {
    if (empty()) return nullptr;
    return std::exchange(first_, first_->next);
  }

  // Looks through the whole chain.
  void Remove(const T* thing) {
    Chain kept;
    while (T* other = PopFront()) {
      if (other != thing) kept.PushBack(other);
    }
    *this = kept;
  }

  bool empty() const { return first_ == nullptr; }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace headrace::worker
