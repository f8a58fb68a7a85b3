#include "worker/payload_pool.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

TEST(PayloadPool, GivesASpentBufferToTheNextPayload) {
  PayloadPool pool;
  std::string first = pool.Copy(std::string(1'000, 'a'));
  const char* buffer = first.data();
  pool.Give(std::move(first));
  const std::string second = pool.Copy(std::string(900, 'b'));
  EXPECT_EQ(second, std::string(900, 'b'));
  EXPECT_EQ(second.data(), buffer);
}

TEST(PayloadPool, KeepsNoLargeBuffer) {
  PayloadPool pool;
  std::string large = pool.Copy(std::string(100'000, 'a'));
  pool.Give(std::move(large));
  EXPECT_LT(pool.Copy(std::string(100, 'b')).capacity(), 1'000u);
}

TEST(PayloadPool, StopsKeepingWhenItHasEnough) {
  PayloadPool pool;
  constexpr std::size_t kSize = 8'000;
  for (int i = 0; i < 10'000; ++i) pool.Give(std::string(kSize, 'a'));
  std::size_t kept = 0;
  // A small payload shows by its capacity whether its buffer was used before.
  while (pool.Copy(std::string(100, 'b')).capacity() >= kSize) ++kept;
  EXPECT_LE(kept * kSize, 16u << 20);
  EXPECT_GT(kept, 1'000u);
}

}  // namespace
}  // namespace headrace::worker
