// The only place where threads hand work to each other. The capacity has no default: a queue
// without a bound is memory growth that nobody sees.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/mutex.h"

namespace headrace {

// Many producers, many consumers. After Close() pushes fail and pops drain what is left.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Waits for room. False when the queue is closed; the value is dropped then.
  bool Push(T value) {
    MutexLock lock(mutex_);
    ++room_waiters_;
    while (count() >= capacity_ && !closed_) room_.wait(mutex_);
    --room_waiters_;
    if (closed_) return false;
    Append(std::move(value));
    if (filled_waiters_ > 0) filled_.notify_one();
    return true;
  }

  // False when full or closed; the value is untouched then.
  bool TryPush(T& value) {
    MutexLock lock(mutex_);
    if (closed_ || count() >= capacity_) return false;
    Append(std::move(value));
    if (filled_waiters_ > 0) filled_.notify_one();
    return true;
  }

  // Waits for a value. Empty when the queue is closed and drained.
  std::optional<T> Pop() {
    MutexLock lock(mutex_);
    ++filled_waiters_;
    while (count() == 0 && !closed_) filled_.wait(mutex_);
    --filled_waiters_;
    return TakeFront();
  }

  // As Pop, but gives up after `timeout`.
  std::optional<T> PopFor(std::chrono::microseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    MutexLock lock(mutex_);
    ++filled_waiters_;
    while (count() == 0 && !closed_) {
      if (filled_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
    }
    --filled_waiters_;
    return TakeFront();
  }

  // Moves everything that is there to the end of `out` without waiting; returns how many.
  std::size_t DrainInto(std::vector<T>& out) {
    MutexLock lock(mutex_);
    const std::size_t drained = count();
    for (; first_ < items_.size(); ++first_) out.push_back(std::move(items_[first_]));
    items_.clear();
    first_ = 0;
    if (drained > 0 && room_waiters_ > 0) room_.notify_all();
    return drained;
  }

  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }

  std::size_t size() const {
    MutexLock lock(mutex_);
    return count();
  }

 private:
  std::size_t count() const REQUIRES(mutex_) { return items_.size() - first_; }

  void Append(T&& value) REQUIRES(mutex_) {
    // What was taken leaves holes at the front; they are closed when they are the greater part.
    if (items_.size() == items_.capacity() && first_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    items_.push_back(std::move(value));
  }

  std::optional<T> TakeFront() REQUIRES(mutex_) {
    if (count() == 0) return std::nullopt;
    std::optional<T> value(std::move(items_[first_++]));
    if (count() == 0) {
      items_.clear();
      first_ = 0;
    }
    if (room_waiters_ > 0) room_.notify_one();
    return value;
  }

  const std::size_t capacity_;
  mutable Mutex mutex_;
  CondVar room_;
  CondVar filled_;
  // A vector, because a deque allocates and frees all the time.
  std::vector<T> items_ GUARDED_BY(mutex_);
  std::size_t first_ GUARDED_BY(mutex_) = 0;  // of items_ that was not taken yet
  bool closed_ GUARDED_BY(mutex_) = false;
  // Waking nobody costs as much as waking somebody, so it is known whether anybody waits.
  std::size_t room_waiters_ GUARDED_BY(mutex_) = 0;
  std::size_t filled_waiters_ GUARDED_BY(mutex_) = 0;
};

}  // namespace headrace
