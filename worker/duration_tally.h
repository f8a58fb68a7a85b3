// Durations counted by size on the loop's hot path, handed to the metrics now and then.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace headrace::worker {

// Pure: a plain array, because a shared histogram would cost a lock an item.
class DurationTally {
 public:
  // Upper bounds in seconds, from a call's time to that of a backlog that takes its while.
  static constexpr std::array<double, 16> kBounds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                  0.25,  0.5,   1.0,  2.5,   5.0,  15.0,
                                                  60.0,  300.0, 1800, 7200};

  void Add(std::chrono::microseconds took) {
    // Items of a chunk are alike, so the last bucket is tried first.
    const std::int64_t us = took.count() > 0 ? took.count() : 0;
    if (us > upper_ || us <= lower_) FindBucket(us);
    ++counts_[bucket_];
    sum_us_ += static_cast<double>(us);
  }

  bool empty() const { return sum_us_ == 0.0 && counts_ == Counts{}; }
  double sum_seconds() const { return sum_us_ * 1e-6; }
  // The last one counts what is above all bounds.
  const std::array<std::uint64_t, kBounds.size() + 1>& counts() const { return counts_; }
  void Clear();

 private:
  using Counts = std::array<std::uint64_t, kBounds.size() + 1>;
  void FindBucket(std::int64_t us);

  Counts counts_{};
  double sum_us_ = 0;  // an integer would overflow where producers claim times long past
  // Of the bucket that was counted last: (lower, upper].
  std::size_t bucket_ = 0;
  std::int64_t lower_ = -1;
  std::int64_t upper_ = 1'000;
};

}  // namespace headrace::worker
