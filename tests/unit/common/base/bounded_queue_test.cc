#include "common/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <thread>

namespace headrace {
namespace {

using std::chrono::milliseconds;

TEST(BoundedQueue, KeepsTheOrder) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.Push(i));
  EXPECT_EQ(queue.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.Pop(), i);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueue, TryPushLeavesTheValueWhenFullOrClosed) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.TryPush(first));
  EXPECT_EQ(first, nullptr);
  EXPECT_FALSE(queue.TryPush(second));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(**queue.Pop(), 1);
  queue.Close();
  EXPECT_FALSE(queue.TryPush(second));
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, ProducersWaitForRoomAndLoseNothing) {
  constexpr int kEach = 2'000;
  constexpr int kProducers = 3;
  BoundedQueue<int> queue(4);
  std::vector<std::jthread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&queue, p] {
      for (int i = 0; i < kEach; ++i) EXPECT_TRUE(queue.Push(p * kEach + i));
    });
  }
  std::vector<int> next(kProducers, 0);
  for (int taken = 0; taken < kEach * kProducers; ++taken) {
    EXPECT_LE(queue.size(), 4u);
    const auto value = queue.Pop();
    ASSERT_TRUE(value.has_value());
    const auto producer = static_cast<std::size_t>(*value / kEach);
    EXPECT_EQ(*value % kEach, next[producer]++);
  }
  EXPECT_EQ(std::accumulate(next.begin(), next.end(), 0), kEach * kProducers);
}

TEST(BoundedQueue, PopWaitsForAValue) {
  BoundedQueue<int> queue(1);
  std::optional<int> got;
  std::jthread consumer([&] { got = queue.Pop(); });
  EXPECT_TRUE(queue.Push(7));
  consumer.join();
  EXPECT_EQ(got, 7);
}

TEST(BoundedQueue, CloseReleasesEveryWaiter) {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  ASSERT_TRUE(full.Push(1));
  std::atomic<int> refused = 0;
  {
    std::jthread pusher([&] { refused += !full.Push(2); });
    std::jthread popper([&] { refused += !empty.Pop().has_value(); });
    full.Close();
    empty.Close();
  }
  EXPECT_EQ(refused, 2);
}

TEST(BoundedQueue, DrainsAfterClose) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.Push(1));
  EXPECT_TRUE(queue.Push(2));
  queue.Close();
  EXPECT_FALSE(queue.Push(3));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.PopFor(milliseconds(1)), 2);
  EXPECT_FALSE(queue.Pop().has_value());
}

TEST(BoundedQueue, PopForGivesUp) {
  BoundedQueue<int> queue(1);
  EXPECT_FALSE(queue.PopFor(milliseconds(1)).has_value());
}

TEST(BoundedQueue, DrainIntoTakesAllAndMakesRoom) {
  BoundedQueue<int> queue(2);
  std::vector<int> out{0};
  EXPECT_EQ(queue.DrainInto(out), 0u);
  std::jthread producer([&] {
    for (int i = 1; i <= 5; ++i) EXPECT_TRUE(queue.Push(i));
    queue.Close();
  });
  while (const auto value = queue.Pop()) {
    out.push_back(*value);
    queue.DrainInto(out);
  }
  EXPECT_EQ(out, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace headrace
