// Vectors that were used, for those to come: what would otherwise be allocated for every chunk.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace headrace::worker {

// A template, because chunks are vectors of three types. Keeps so many elements' room at most, so
// that a burst of long chunks does not stay in memory. Owned by the loop thread.
template <typename T>
class SpareVectors {
 public:
  explicit SpareVectors(std::size_t room_max) : room_max_(room_max) {}

  // Empty, but as a rule with room.
  std::vector<T> Take() {
    if (spare_.empty()) return {};
    std::vector<T> vector = std::move(spare_.back());
    spare_.pop_back();
    room_ -= vector.capacity();
    return vector;
  }

  void Give(std::vector<T>&& used) {
    used.clear();
    if (used.capacity() == 0 || room_ + used.capacity() > room_max_) return;
    room_ += used.capacity();
    spare_.push_back(std::move(used));
  }

 private:
  const std::size_t room_max_;
  std::size_t room_ = 0;  // of spare_
  std::vector<std::vector<T>> spare_;
};

}  // namespace headrace::worker
