#include "worker/suspects.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

// What the next owner makes of a partition whose commit was not marked clean.
Suspects NextOwner(const Suspects& dead, std::int64_t frontier) {
  return Suspects(100, dead.TriesFrom(frontier));
}

TEST(Suspects, AreNoneWithoutACrash) {
  Suspects suspects;
  EXPECT_EQ(suspects.Take(0), Caution::kNone);
  EXPECT_EQ(suspects.held(), 0u);
}

TEST(Suspects, GiveUpAfterTheSecondNotedTry) {
  Suspects first(100, {});
  EXPECT_EQ(first.Take(100), Caution::kNone) << "it cannot have been begun";
  EXPECT_EQ(first.Take(99), Caution::kNote) << "it may have been";
  EXPECT_EQ(first.Take(7), Caution::kNote);
  EXPECT_EQ(first.Take(8), Caution::kNote);
  EXPECT_EQ(first.Take(9), Caution::kNote);
  EXPECT_TRUE(first.saved());
  first.NoteTry(7, Caution::kNote);
  first.NoteTry(8, Caution::kNote);
  EXPECT_FALSE(first.saved());
  EXPECT_EQ(first.TriesFrom(9), NotedTries{}) << "what has ended needs no note";

  Suspects second = NextOwner(first, 7);
  EXPECT_EQ(second.Take(7), Caution::kAlone);
  EXPECT_EQ(second.Take(8), Caution::kAlone);
  EXPECT_EQ(second.Take(9), Caution::kNote) << "it was not tried";
  second.NoteTry(7, Caution::kAlone);

  Suspects third = NextOwner(second, 7);
  EXPECT_EQ(third.Take(7), Caution::kGiveUp);
  EXPECT_EQ(third.Take(8), Caution::kAlone);
}

TEST(Suspects, AreNotBlamedForWhatAProcessSurvived) {
  NotedTries tries;
  tries.in_company.Add(7);
  tries.in_company.Add(9);
  Suspects owner(100, tries);
  owner.NoteTry(7, Caution::kAlone);
  owner.NoteTry(8, Caution::kNote);
  owner.Ended(9);
  const Suspects next(100, owner.TriesFrom(0, Suspects::Of::kFormerOwners));
  EXPECT_EQ(Suspects(next).Take(7), Caution::kAlone);
  EXPECT_EQ(Suspects(next).Take(8), Caution::kNote);
  EXPECT_EQ(Suspects(next).Take(9), Caution::kNote) << "its outcome is acknowledged";
}

// However often a worker is killed: only what was alone in the store at that moment is given up.
TEST(Suspects, AreInnocentWhenTheySurvivedAlone) {
  NotedTries tries;
  tries.in_company.Add(7);
  Suspects owner(100, tries);
  EXPECT_EQ(owner.Take(7), Caution::kAlone);
  owner.NoteTry(7, Caution::kAlone);
  owner.MarkSaved();
  owner.Survived(7);
  EXPECT_FALSE(owner.saved());
  EXPECT_EQ(NextOwner(owner, 7).Take(7), Caution::kAlone);
  owner.Ended(7);
  EXPECT_EQ(owner.held(), 0u);
  EXPECT_EQ(owner.TriesFrom(0), NotedTries{});
}

}  // namespace
}  // namespace headrace::worker
