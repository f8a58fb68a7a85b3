#include "tests/conformance/graph_store_suite.h"

#include <utility>

#include "tests/fakes/collecting_sink.h"

namespace headrace::testing {

void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

void GraphStoreConformance::SetUp() {
  place_ = GetParam().make_place();
  store_ = Open();
}

std::unique_ptr<GraphStore> GraphStoreConformance::Open() {
  auto store = place_->Open();
  EXPECT_TRUE(store.ok()) << store.error().message;
  return *std::move(store);
}

void KeepingStoreConformance::SetUp() {
  GraphStoreConformance::SetUp();
  ASSERT_TRUE(store_->traits().keeps_episodes);
}

std::vector<StoredEpisode> KeepingStoreConformance::Read(const GraphKey& graph,
                                                         const std::string& thread) {
  auto episodes = store_->Read({graph, thread, 0, 1'000'000});
  EXPECT_TRUE(episodes.ok()) << graph.ToString();
  return episodes.ok() ? *std::move(episodes) : std::vector<StoredEpisode>();
}

void KeepingStoreConformance::Write(const std::vector<WriteItem>& items) {
  const Written written = WriteAll(*store_, items);
  EXPECT_FALSE(written.failed);
  EXPECT_TRUE(written.failures.empty());
}

void KeepingStoreConformance::ExpectNotFound(const GraphKey& graph, const std::string& thread) {
  auto episodes = store_->Read({graph, thread, 0, 10});
  ASSERT_FALSE(episodes.ok()) << graph.ToString();
  EXPECT_EQ(episodes.error().code, ErrorCode::kNotFound);
}

std::vector<std::string> ContentsInOrder(const std::vector<StoredEpisode>& episodes) {
  std::vector<std::string> contents;
  for (const StoredEpisode& episode : episodes) {
    contents.push_back(episode.item.content);
    EXPECT_EQ(episode.seq, static_cast<std::int64_t>(contents.size()));
  }
  return contents;
}

// What every store does, whether it keeps episodes or not.

TEST_P(GraphStoreConformance, AnswersEveryChunkOnceAndGivesItBack) {
  CollectingSink sink;
  const StoreTraits traits = store_->traits();
  const std::size_t chunks = traits.chunks_in_flight_max < 2 ? traits.chunks_in_flight_max : 2;
  for (std::uint32_t index = 0; index < chunks; ++index) {
    Chunk chunk{index + 7, {EpisodeItem(GraphNamed(std::to_string(index)), batch_, index, "text")}};
    store_->Submit(std::move(chunk), sink);
  }
  store_->Stop();
  const std::vector<DoneChunk> done = sink.Take(0);
  ASSERT_EQ(done.size(), chunks);
  std::size_t tokens = 0;
  for (const DoneChunk& one : done) {
    EXPECT_FALSE(one.result.error);
    EXPECT_EQ(one.result.token, one.chunk.token);
    tokens += one.result.token;
    ASSERT_EQ(one.chunk.items.size(), 1u);
    const auto index = static_cast<std::uint32_t>(one.chunk.token - 7);
    EXPECT_EQ(one.chunk.items[0].payload,
              EpisodeItem(GraphNamed(std::to_string(index)), batch_, index, "text").payload);
  }
  EXPECT_EQ(tokens, chunks == 2 ? 15u : 7u);
}

TEST_P(GraphStoreConformance, AnswersAChunkWithoutItems) {
  CollectingSink sink;
  store_->Submit(Chunk{3, {}}, sink);
  const auto done = sink.Take(1);
  EXPECT_EQ(done[0].result.token, 3u);
  EXPECT_FALSE(done[0].result.error);
}

TEST_P(GraphStoreConformance, RefusesChunksAfterStopAsTransient) {
  store_->Stop();
  store_->Stop();
  CollectingSink sink;
  store_->Submit(Chunk{1, {EpisodeItem(GraphNamed("g"), batch_, 0, "late")}}, sink);
  const auto done = sink.Take(1);
  ASSERT_TRUE(done[0].result.error);
  EXPECT_EQ(done[0].result.error->error_class, StoreErrorClass::kTransient);
  EXPECT_EQ(done[0].chunk.items.size(), 1u);
}

TEST_P(GraphStoreConformance, FindsNoGraphThatWasNeverWritten) {
  auto episodes = store_->Read({GraphNamed("nobody"), "", 0, 10});
  ASSERT_FALSE(episodes.ok());
  EXPECT_EQ(episodes.error().code, ErrorCode::kNotFound);
}

TEST_P(GraphStoreConformance, ErasesAGraphThatIsNotThere) {
  EXPECT_TRUE(store_->Erase(GraphNamed("nobody"), 1).ok());
  EXPECT_TRUE(store_->Erase(GraphNamed("nobody"), 1).ok());
}

// Order, replay and paging.

TEST_P(KeepingStoreConformance, NumbersEachGraphInOrderWithoutGaps) {
  std::vector<WriteItem> items;
  for (std::uint32_t index = 0; index < 30; ++index) {
    items.push_back(EpisodeItem(GraphNamed("g" + std::to_string(index % 3)), batch_, index,
                                std::to_string(index)));
  }
  Write(items);
  for (std::uint32_t graph = 0; graph < 3; ++graph) {
    std::vector<std::string> expected;
    for (std::uint32_t index = graph; index < 30; index += 3) {
      expected.push_back(std::to_string(index));
    }
    EXPECT_EQ(ContentsInOrder(Read(GraphNamed("g" + std::to_string(graph)))), expected);
  }
}

TEST_P(KeepingStoreConformance, NumbersEachThreadOfAGraph) {
  const GraphKey user = UserNamed("ann");
  Write({MessageItem(user, "t1", batch_, 0, "a"), MessageItem(user, "t2", batch_, 1, "b"),
         EpisodeItem(user, batch_, 2, "c"), MessageItem(user, "t1", batch_, 3, "d")});
  Write({MessageItem(user, "t2", batch_, 4, "e"), MessageItem(user, "t1", batch_, 5, "f")});
  EXPECT_EQ(ContentsInOrder(Read(user)), (std::vector<std::string>{"a", "b", "c", "d", "e", "f"}));
  std::vector<std::int64_t> seqs;
  for (const StoredEpisode& episode : Read(user, "t1")) {
    seqs.push_back(episode.seq);
    ASSERT_TRUE(episode.thread_seq);
    EXPECT_EQ(*episode.thread_seq, static_cast<std::int64_t>(seqs.size()));
  }
  EXPECT_EQ(seqs, (std::vector<std::int64_t>{1, 4, 6}));
  EXPECT_FALSE(Read(user)[2].thread_seq);
  ExpectNotFound(user, "t3");
  ExpectNotFound(UserNamed("bob"), "t1");
}

TEST_P(KeepingStoreConformance, ReplayChangesNothing) {
  const GraphKey graph = GraphNamed("g");
  const std::vector<WriteItem> items = EpisodeItems(graph, batch_, 0, 20);
  Write(items);
  const auto before = Read(graph);
  const Written replay = WriteAll(*store_, items);
  EXPECT_FALSE(replay.failed);
  EXPECT_TRUE(replay.failures.empty());
  EXPECT_EQ(replay.duplicates, 20u);
  const auto after = Read(graph);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t at = 0; at < after.size(); ++at) {
    EXPECT_EQ(after[at].uuid, before[at].uuid);
    EXPECT_EQ(after[at].seq, before[at].seq);
    EXPECT_EQ(after[at].ingested_at, before[at].ingested_at);
  }
}

TEST_P(KeepingStoreConformance, OverlappingReplayAddsOnlyWhatIsNew) {
  const GraphKey user = UserNamed("ann");
  std::vector<WriteItem> items;
  for (std::uint32_t index = 0; index < 12; ++index) {
    items.push_back(MessageItem(user, "t", batch_, index, std::to_string(index)));
  }
  Write({items.begin(), items.begin() + 8});
  const Written overlap = WriteAll(*store_, {items.begin() + 4, items.end()});
  EXPECT_EQ(overlap.duplicates, 4u);
  const auto episodes = Read(user);
  EXPECT_EQ(ContentsInOrder(episodes).size(), 12u);
  for (const StoredEpisode& episode : episodes) EXPECT_EQ(episode.thread_seq, episode.seq);
}

TEST_P(KeepingStoreConformance, KeepsTheFirstContentOfAnEpisode) {
  const GraphKey graph = GraphNamed("g");
  Write({EpisodeItem(graph, batch_, 0, "first")});
  EXPECT_EQ(WriteAll(*store_, {EpisodeItem(graph, batch_, 0, "second")}).duplicates, 1u);
  EXPECT_EQ(ContentsInOrder(Read(graph)), std::vector<std::string>{"first"});
}

TEST_P(KeepingStoreConformance, CountsTheSameEpisodeOfAnotherBatchAsDuplicate) {
  const GraphKey graph = GraphNamed("g");
  const WriteItem first = EpisodeItem(graph, batch_, 0, "keyed");
  WriteItem again = EpisodeItem(graph, BatchId::Random(), 9, "keyed");
  again.episode = first.episode;
  Write({first});
  EXPECT_EQ(WriteAll(*store_, {again, again}).duplicates, 2u);
  const auto episodes = Read(graph);
  ASSERT_EQ(episodes.size(), 1u);
  EXPECT_EQ(episodes[0].ref, first.ref);
}

TEST_P(KeepingStoreConformance, WritesAnEpisodeThatComesTwiceInAChunkOnce) {
  const WriteItem item = EpisodeItem(GraphNamed("g"), batch_, 0, "twice");
  EXPECT_EQ(
      WriteAll(*store_, {item, item, EpisodeItem(GraphNamed("g"), batch_, 1, "next")}).duplicates,
      1u);
  EXPECT_EQ(ContentsInOrder(Read(GraphNamed("g"))), (std::vector<std::string>{"twice", "next"}));
}

TEST_P(KeepingStoreConformance, PagesByPlaceInGraphAndThread) {
  const GraphKey user = UserNamed("ann");
  std::vector<WriteItem> items;
  for (std::uint32_t index = 0; index < 10; ++index) {
    items.push_back(
        MessageItem(user, index % 2 == 0 ? "even" : "odd", batch_, index, std::to_string(index)));
  }
  Write(items);
  const auto page = store_->Read({user, "", 4, 3});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->size(), 3u);
  EXPECT_EQ((*page)[0].seq, 5);
  EXPECT_EQ((*page)[2].seq, 7);
  const auto thread_page = store_->Read({user, "odd", 3, 100});
  ASSERT_TRUE(thread_page.ok());
  ASSERT_EQ(thread_page->size(), 2u);
  EXPECT_EQ((*thread_page)[0].item.content, "7");
  EXPECT_EQ((*thread_page)[1].thread_seq, 5);
  const auto beyond = store_->Read({user, "", 10, 3});
  ASSERT_TRUE(beyond.ok());
  EXPECT_TRUE(beyond->empty());
}

}  // namespace headrace::testing
