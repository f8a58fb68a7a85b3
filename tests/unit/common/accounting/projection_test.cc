#include "common/accounting/projection.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "tests/unit/common/accounting/projection_fixture.h"

namespace headrace::accounting {
namespace {

TEST_F(ProjectionTest, AppliesBothTopicsAndMovesTheMarks) {
  AddFact(BatchFactKind::kOpened, batch_, 10);
  AddOutcome(batch_, {0, 4});
  AddOutcome(batch_, {5, 9});
  AddFact(BatchFactKind::kSealed, batch_, 10);
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(StatusOf(batch_), "succeeded");
  EXPECT_EQ(Mark(), 2);
  EXPECT_EQ(store_.Save().marks.at({"journal", 0}), 2);
  EXPECT_EQ(notes_.applied, 10U);
}

TEST_F(ProjectionTest, MarksAnEmptyPartitionAtOnceSoThatTheViewIsComplete) {
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(Mark(0), 0);
  EXPECT_EQ(Mark(1), 0);
  EXPECT_TRUE(store_.Save().rebuilding.empty());
}

TEST_F(ProjectionTest, FlowsWhileItKeepsUpWithManyOutcomes) {
  ProjectorSettings settings = Settings();
  settings.records_max = 2;
  auto projection = Join(settings);
  Run(*projection);
  EXPECT_FALSE(projection->Flows());
  AddOutcome(batch_, {0, 98});
  projection->Step(milliseconds(0));
  EXPECT_FALSE(projection->Flows()) << "few items gain nothing from company";
  AddOutcome(batch_, {100, 199});
  projection->Step(milliseconds(0));
  EXPECT_TRUE(projection->Flows());
  for (std::uint32_t i = 2; i < 5; ++i) AddOutcome(batch_, {100 * i, 100 * i + 99});
  projection->Step(milliseconds(0));
  EXPECT_FALSE(projection->Flows()) << "there is more to be read at once";
  projection->Step(milliseconds(0));
  EXPECT_TRUE(projection->Flows());
  projection->Step(milliseconds(0));
  EXPECT_FALSE(projection->Flows());
}

TEST_F(ProjectionTest, PassesOverJournalKeysOfOtherKinds) {
  log_.Append("journal", 0, "user/alice/created", "\x01{}");
  AddFact(BatchFactKind::kOpened, batch_, 1);
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(StatusOf(batch_), "loading");
  EXPECT_EQ(notes_.foreign, 0);
}

TEST_F(ProjectionTest, StartsAtTheMarkNotAtTheCommittedOffset) {
  AddOutcome(batch_, {0, 0});
  AddOutcome(batch_, {1, 1});
  ASSERT_TRUE(*store_.AdvanceMark({"outcomes", 0, 1}, std::nullopt));
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(Succeeded(batch_), 1U);
  EXPECT_EQ(Mark(), 2);
}

TEST_F(ProjectionTest, CommitsItsMarksForInformation) {
  AddOutcome(batch_, {0, 0});
  auto projection = Join();
  Run(*projection);
  RunLater(*projection);
  EXPECT_EQ(log_.Committed("headrace.accounting", "outcomes", 0)->offset, 1);
}

TEST_F(ProjectionTest, RebuildsAnEmptiedStoreWhileNothingFlows) {
  AddFact(BatchFactKind::kOpened, batch_, 2);
  AddOutcome(batch_, {0, 1});
  AddFact(BatchFactKind::kSealed, batch_, 2);
  auto projection = Join();
  Run(*projection);
  store_.Load({});
  Run(*projection);
  EXPECT_EQ(StatusOf(batch_), "absent") << "the marks are compared every few seconds only";
  RunLater(*projection);
  EXPECT_EQ(StatusOf(batch_), "succeeded");
  EXPECT_EQ(notes_.rebuilt, 2) << "one partition of each topic; the other one is empty";
  EXPECT_EQ(notes_.rewound, 0);
  EXPECT_TRUE(store_.Save().rebuilding.empty());
}

TEST_F(ProjectionTest, RebuildsAStoreThatWasEmptiedBetweenTwoRecords) {
  AddOutcome(batch_, {0, 4});
  auto projection = Join();
  Run(*projection);
  store_.Load({});
  AddOutcome(batch_, {5, 9});
  Run(*projection, 8);
  EXPECT_EQ(Succeeded(batch_), 10U);
}

TEST_F(ProjectionTest, RewindsToTheMarkOfAStoreThatWasSetBack) {
  AddOutcome(batch_, {0, 0});
  auto projection = Join();
  Run(*projection);
  const auto earlier = store_.Save();
  AddOutcome(batch_, {1, 1});
  AddOutcome(batch_, {2, 2});
  Run(*projection);
  store_.Load(earlier);
  RunLater(*projection);
  EXPECT_EQ(Succeeded(batch_), 3U);
  EXPECT_EQ(Mark(), 3);
  EXPECT_EQ(notes_.rewound, 1);
  EXPECT_EQ(notes_.rebuilt, 0);
}

TEST_F(ProjectionTest, ALossWhileNoProjectorRanIsToldAndAFirstStartIsNot) {
  AddOutcome(batch_, {0, 0});
  {
    auto first = Join();
    Run(*first);
    first->Close();
  }
  EXPECT_EQ(notes_.rewound + notes_.rebuilt, 0);
  store_.Load({});
  Run(*Join());
  EXPECT_EQ(notes_.rebuilt, 1);
  EXPECT_EQ(Succeeded(batch_), 1U);
}

TEST_F(ProjectionTest, AMarkThatAnotherProjectorMovedOnIsNoLoss) {
  AddOutcome(batch_, {0, 0});
  auto projection = Join();
  Run(*projection);
  AddOutcome(batch_, {1, 1});
  ASSERT_TRUE(*store_.AdvanceMark({"outcomes", 0, 2}, 1));
  RunLater(*projection);
  EXPECT_EQ(Mark(), 2);
  EXPECT_EQ(notes_.rewound + notes_.rebuilt, 0);
}

TEST_F(ProjectionTest, TheViewIsIncompleteUntilARebuildHasReachedItsEnd) {
  constexpr std::uint32_t kRecords = 5;
  auto settings = Settings();
  settings.records_max = 2;
  Run(*Join(settings));
  for (std::uint32_t i = 0; i < kRecords; ++i) AddOutcome(batch_, {i, i});
  auto projection = Join(settings);
  Run(*projection, 8);
  EXPECT_EQ(notes_.complete_changes, (std::vector<bool>{true, false, true}))
      << "what was written while no projector ran is missing at first";
  store_.Load({});
  notes_.complete_changes.clear();
  clock_.Advance(seconds(10));
  while (notes_.complete_changes.size() < 2) {
    ASSERT_EQ(notes_.complete_changes.empty() || Succeeded(batch_) < kRecords, true);
    projection->Step(milliseconds(0));
  }
  EXPECT_EQ(notes_.complete_changes, (std::vector<bool>{false, true}));
  EXPECT_EQ(Succeeded(batch_), kRecords);
}

TEST_F(ProjectionTest, NotesTheRebuildBeforeTheFirstCountAppears) {
  AddOutcome(batch_, {0, 0});
  AddOutcome(batch_, {1, 1});
  store_.FailMarks(1);
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(store_.Save().rebuilding.at({"outcomes", 0}), 2);
  RunLater(*projection);
  EXPECT_TRUE(store_.Save().rebuilding.empty());
}

TEST_F(ProjectionTest, NotesTheRebuildOfPartitionsWhoseProjectorHasNotNoticedYet) {
  auto first = Join();
  auto second = Join();
  for (int i = 0; i < 3; ++i) Run(*first), Run(*second);
  AddFact(BatchFactKind::kOpened, batch_, 4);
  AddOutcome(batch_, {0, 1}, 0);
  AddOutcome(batch_, {2, 3}, 1);
  Run(*first);
  Run(*second);
  EXPECT_EQ(Succeeded(batch_), 4U);
  store_.Load({});
  RunLater(*first);
  const auto emptied = store_.Save();
  EXPECT_EQ(emptied.marks.size() + emptied.rebuilding.size(), 3U);
  EXPECT_FALSE(emptied.rebuilding.empty()) << "the first one does not own everything";
  RunLater(*second);
  EXPECT_TRUE(store_.Save().rebuilding.empty());
  EXPECT_EQ(Succeeded(batch_), 4U);
}

TEST_F(ProjectionTest, CrashBetweenApplyingAndTheMarkCountsNothingTwice) {
  {
    auto projection = Join();
    Run(*projection);
    AddOutcome(batch_, {0, 9});
    store_.FailMarks(1'000);
    Run(*projection);
  }
  EXPECT_EQ(Succeeded(batch_), 10U);
  store_.FailMarks(0);
  auto next = Join();
  Run(*next);
  EXPECT_EQ(Succeeded(batch_), 10U);
  EXPECT_EQ(Mark(), 1);
}

// The mark stands where it stood; what was told after it is gone.
TEST_F(ProjectionTest, TellsAgainWhatAStoreMayHaveForgottenBeforeItsMarkMoved) {
  auto projection = Join();
  AddOutcome(batch_, {0, 0});
  RunLater(*projection);
  const auto earlier = store_.Save();
  AddOutcome(batch_, {1, 1});
  store_.FailMarks(1);
  Run(*projection);
  store_.Load(earlier);
  RunLater(*projection);
  EXPECT_EQ(Succeeded(batch_), 2U);
  EXPECT_EQ(Mark(), 2);
}

TEST_F(ProjectionTest, StopsThePartitionAtAnUnknownVersionAndSkipsNothing) {
  AddOutcome(batch_, {0, 0});
  log_.Append("outcomes", 0, batch_.ToString(), "\x7f{}");
  AddOutcome(batch_, {1, 1});
  AddOutcome(batch_, {2, 2}, 1);
  auto projection = Join();
  RunLater(*projection);
  EXPECT_EQ(notes_.unknown, 1);
  EXPECT_EQ(Mark(), 1);
  EXPECT_EQ(Succeeded(batch_), 2U) << "the other partition goes on";
}

TEST_F(ProjectionTest, PassesOverForeignRecordsWithANote) {
  log_.Append("outcomes", 0, "k", std::string(1, kOutcomeVersion) + "{}");
  log_.Append("outcomes", 0, "k", std::string(1, kOutcomeVersion) + "not json");
  AddOutcome(batch_, {0, 0});
  AddOutcome(batch_, {0, kAccountedIndexMax + 1});
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(notes_.foreign, 3);
  EXPECT_EQ(Succeeded(batch_), 1U);
}

TEST_F(ProjectionTest, ShorterTopicThanItsMarkIsReadFromTheStart) {
  ASSERT_TRUE(*store_.AdvanceMark({"outcomes", 0, 500}, std::nullopt));
  AddOutcome(batch_, {0, 0});
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(Succeeded(batch_), 1U);
  EXPECT_EQ(Mark(), 1);
}

TEST_F(ProjectionTest, RebuildOverAPartitionThatRetentionEmptiedEnds) {
  for (std::uint32_t i = 0; i < 3; ++i) AddOutcome(batch_, {i, i});
  log_.Erase("outcomes", 0, 0, 2);
  auto projection = Join();
  Run(*projection);
  EXPECT_EQ(store_.Save().rebuilding.at({"outcomes", 0}), 3);
  RunLater(*projection);
  EXPECT_FALSE(store_.Save().rebuilding.empty()) << "a fetch may be slow";
  for (int i = 0; i < 3; ++i) RunLater(*projection);
  EXPECT_TRUE(store_.Save().rebuilding.empty());
  AddOutcome(batch_, {3, 3});
  RunLater(*projection);
  EXPECT_EQ(Succeeded(batch_), 1U);
}

TEST_F(ProjectionTest, NoteOfAFormerOwnersRebuildEndsToo) {
  for (std::uint32_t i = 0; i < 3; ++i) AddOutcome(batch_, {i, i});
  log_.Erase("outcomes", 0, 2, 2);
  {
    auto projection = Join();
    Run(*projection);
  }
  EXPECT_EQ(store_.Save().rebuilding.at({"outcomes", 0}), 3);
  auto next = Join();
  for (int i = 0; i < 5; ++i) RunLater(*next);
  EXPECT_TRUE(store_.Save().rebuilding.empty());
}

TEST_F(ProjectionTest, PartitionsMoveBetweenProjectorsWithoutLoss) {
  auto first = Join();
  auto second = Join();
  for (std::uint32_t i = 0; i < 40; ++i) {
    AddOutcome(batch_, {i, i}, static_cast<int>(i % 2));
    Run(*first, 1);
    Run(*second, 1);
    if (i == 15) log_.ExpireMembers("headrace.accounting");
    if (i == 30) second->Close(), second = Join();
  }
  Run(*first);
  Run(*second);
  Run(*first);
  EXPECT_EQ(Succeeded(batch_), 40U);
}

// Anything may happen at any time; in the end the store must show what was written.
TEST_F(ProjectionTest, SurvivesAnyMixOfFaults) {
  std::mt19937 random(7);
  const auto pick = [&](unsigned below) { return random() % below; };
  auto projection = Join();
  auto saved = store_.Save();
  AddFact(BatchFactKind::kOpened, batch_, 600);
  for (std::uint32_t i = 0; i < 600; ++i) {
    AddOutcome(batch_, {i, i}, static_cast<int>(pick(2)));
    if (pick(10) == 0) store_.Load({});
    if (pick(10) == 0) saved = store_.Save();
    if (pick(10) == 0) store_.Load(saved);
    if (pick(10) == 0) store_.FailMarks(1);
    if (pick(10) == 0) store_.SetReachable(pick(2) == 0);
    if (pick(10) == 0) log_.ExpireMembers("headrace.accounting");
    if (pick(20) == 0) projection = Join();
    if (pick(2) == 0) Run(*projection, 1);
    if (pick(5) == 0) clock_.Advance(seconds(4));
  }
  AddFact(BatchFactKind::kSealed, batch_, 600);
  store_.SetReachable(true);
  store_.FailMarks(0);
  for (int i = 0; i < 5; ++i) RunLater(*projection);
  EXPECT_EQ(StatusOf(batch_), "succeeded");
  EXPECT_EQ(Mark(0) + Mark(1), 600);
}

TEST_F(ProjectionTest, ServiceAppliesWhatWasReadBeforeItStops) {
  AddOutcome(batch_, {0, 0});
  auto owned = std::make_unique<MemoryOutcomeStore>();
  MemoryOutcomeStore& store = *owned;
  auto settings = Settings();
  settings.poll_timeout = milliseconds(1);
  const SystemClock clock;
  auto service = MakeProjector(
      settings,
      [&](AssignmentListener& listener) {
        return Result(log_.OpenConsumer({"outcomes", "journal"}, "g", &listener));
      },
      std::move(owned), clock, notes_);
  service->Stop();
  ASSERT_TRUE(service->Start().ok());
  while (!MemoryOutcomeStore::Count(store.Save(), batch_)) std::this_thread::yield();
  service->Stop();
  service->Stop();
  EXPECT_EQ(store.Save().marks.at({"outcomes", 0}), 1);
}

TEST_F(ProjectionTest, ServiceThatCannotOpenItsConsumerDoesNotStart) {
  auto service = MakeProjector(
      Settings(),
      [](AssignmentListener&) -> Result<std::unique_ptr<EventConsumer>> {
        return Invalid("no such property");
      },
      std::make_unique<MemoryOutcomeStore>(), clock_, notes_);
  EXPECT_EQ(service->Start().error().code, ErrorCode::kInvalid);
  service->Stop();
}

}  // namespace
}  // namespace headrace::accounting
