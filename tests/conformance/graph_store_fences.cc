// The third part of the suite: who may write.
#include <algorithm>

#include "tests/conformance/graph_store_suite.h"
#include "tests/fakes/collecting_sink.h"

namespace headrace::testing {
namespace {

std::vector<WriteItem> Under(ClaimId claim, std::vector<WriteItem> items) {
  for (WriteItem& item : items) item.claim = claim;
  return items;
}

// The chunk's error, if it has one.
std::optional<StoreError> ErrorOf(GraphStore& store, std::vector<WriteItem> items) {
  CollectingSink sink;
  store.Submit({1, std::move(items)}, sink);
  return sink.Take(1)[0].result.error;
}

void ExpectFenced(GraphStore& store, std::vector<WriteItem> items) {
  const auto error = ErrorOf(store, std::move(items));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_class, StoreErrorClass::kFenced);
  EXPECT_EQ(error->code, "fenced");
}

}  // namespace

TEST_P(GraphStoreConformance, WritesUnderAClaimAndVoidsTheOneBefore) {
  const GraphKey graph = GraphNamed("g");
  const ClaimId first = store_->Claim("c/t/0");
  EXPECT_NE(first, kNoClaim);
  EXPECT_FALSE(ErrorOf(*store_, Under(first, EpisodeItems(graph, batch_, 0, 3))));
  const ClaimId second = store_->Claim("c/t/0");
  EXPECT_NE(second, first);
  EXPECT_FALSE(ErrorOf(*store_, Under(second, EpisodeItems(graph, batch_, 3, 3))));
}

TEST_P(KeepingStoreConformance, RefusesAClaimThatWasVoidedOrNeverGiven) {
  const GraphKey graph = GraphNamed("g");
  const ClaimId first = store_->Claim("c/t/0");
  store_->Claim("c/t/0");
  ExpectFenced(*store_, Under(first, EpisodeItems(graph, batch_, 0, 3)));
  ExpectFenced(*store_, Under(first + 1'000, EpisodeItems(graph, batch_, 0, 3)));
  ExpectNotFound(graph);
}

TEST_P(KeepingStoreConformance, AnOwnerThatLostItsSourceCannotWriteAfterTheNewOne) {
  const GraphKey graph = GraphNamed("g");
  auto other = Open();
  const ClaimId ours = store_->Claim("c/t/0");
  EXPECT_FALSE(ErrorOf(*store_, Under(ours, EpisodeItems(graph, batch_, 0, 3))));
  const ClaimId theirs = other->Claim("c/t/0");
  EXPECT_FALSE(ErrorOf(*other, Under(theirs, EpisodeItems(graph, batch_, 3, 3))));
  ExpectFenced(*store_, Under(ours, EpisodeItems(graph, batch_, 6, 3)));
  EXPECT_EQ(ContentsInOrder(Read(graph)).size(), 6u);
  // Who claims again owns again.
  const ClaimId again = store_->Claim("c/t/0");
  EXPECT_FALSE(ErrorOf(*store_, Under(again, EpisodeItems(graph, batch_, 6, 3))));
  ExpectFenced(*other, Under(theirs, EpisodeItems(graph, batch_, 9, 3)));
  EXPECT_EQ(ContentsInOrder(Read(graph)).size(), 9u);
}

TEST_P(KeepingStoreConformance, OneLostSourceFencesTheChunkAndNoOtherSource) {
  auto other = Open();
  const ClaimId kept = store_->Claim("c/t/0");
  const ClaimId lost = store_->Claim("c/t/1");
  const auto of_kept = Under(kept, EpisodeItems(GraphNamed("kept"), batch_, 0, 2));
  auto mixed = Under(lost, EpisodeItems(GraphNamed("lost"), batch_, 2, 2));
  EXPECT_FALSE(ErrorOf(*store_, mixed));
  const ClaimId theirs = other->Claim("c/t/1");
  EXPECT_FALSE(ErrorOf(*other, Under(theirs, EpisodeItems(GraphNamed("lost"), batch_, 4, 1))));
  mixed = Under(lost, EpisodeItems(GraphNamed("lost"), batch_, 5, 2));
  mixed.insert(mixed.end(), of_kept.begin(), of_kept.end());
  ExpectFenced(*store_, mixed);
  ExpectNotFound(GraphNamed("kept"));
  EXPECT_FALSE(ErrorOf(*store_, of_kept));
}

TEST_P(KeepingStoreConformance, TheSameGraphMayBeWrittenFromTwoSources) {
  const GraphKey graph = GraphNamed("g");
  auto other = Open();
  const ClaimId batch = store_->Claim("c/batch/0");
  const ClaimId realtime = other->Claim("c/realtime/0");
  for (std::uint32_t index = 0; index < 6; index += 2) {
    EXPECT_FALSE(ErrorOf(*store_, Under(batch, EpisodeItems(graph, batch_, index, 1))));
    EXPECT_FALSE(ErrorOf(*other, Under(realtime, EpisodeItems(graph, batch_, index + 1, 1))));
  }
  EXPECT_EQ(ContentsInOrder(Read(graph)), (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
}

}  // namespace headrace::testing
