#include "worker/store_watch.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

const SteadyTime kStart{std::chrono::hours(1)};

ChunkResult Failed(StoreErrorClass error_class) {
  ChunkResult result;
  result.error = StoreError{error_class, "code", "message", {}};
  return result;
}

TEST(StoreWatch, IsPatientWithPassingTrouble) {
  StoreWatch watch;
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kTransient), kStart));
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kTransient), kStart + milliseconds(1'999)));
  EXPECT_TRUE(watch.is_up());
  EXPECT_TRUE(watch.Note(Failed(StoreErrorClass::kTransient), kStart + milliseconds(2'000)));
  EXPECT_FALSE(watch.is_up());
  EXPECT_TRUE(watch.Note(ChunkResult{}, kStart + milliseconds(2'001)));
  EXPECT_TRUE(watch.is_up());
}

TEST(StoreWatch, CountsItsPatienceFromTheFirstFailureAfterASuccess) {
  StoreWatch watch;
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kTransient), kStart));
  EXPECT_FALSE(watch.Note(ChunkResult{}, kStart + milliseconds(1'900)));
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kTransient), kStart + milliseconds(2'500)));
  EXPECT_TRUE(watch.is_up());
}

TEST(StoreWatch, IsDownAtOnceForAFatalError) {
  StoreWatch watch;
  EXPECT_TRUE(watch.Note(Failed(StoreErrorClass::kFatal), kStart));
  EXPECT_FALSE(watch.is_up());
}

TEST(StoreWatch, TakesARefusedItemAndThrottlingForLife) {
  StoreWatch watch;
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kItem), kStart));
  EXPECT_TRUE(watch.WorkedSince(kStart - milliseconds(1)));
  EXPECT_FALSE(watch.WorkedSince(kStart)) << "what it did before says nothing about a later try";
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kThrottled), kStart + std::chrono::hours(1)));
  EXPECT_FALSE(watch.Note(Failed(StoreErrorClass::kThrottled), kStart + std::chrono::hours(2)));
  EXPECT_TRUE(watch.is_up());
  EXPECT_FALSE(watch.WorkedSince(kStart + milliseconds(1))) << "throttled is not applied";
}

}  // namespace
}  // namespace headrace::worker
