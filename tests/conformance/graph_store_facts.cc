// The second half of the suite: fields, refusals, erasing, and several stores on one place.
#include <algorithm>
#include <thread>
#include <utility>

#include "tests/conformance/graph_store_suite.h"
#include "tests/fakes/collecting_sink.h"

namespace headrace::testing {
namespace {

constexpr const char* kOddText =
    "„Zitat“ \"quoted\" \\ back\nnew line\t你好 🌊🏔️ ';DROP TABLE x;--";
// The same in JSON.
constexpr const char* kOddJson =
    R"(„Zitat“ \"quoted\" \\ back\nnew line\t你好 🌊🏔️ ';DROP TABLE x;--)";

Timestamp At(std::int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }

WriteItem WithPayload(WriteItem item, std::string payload) {
  item.payload = std::move(payload);
  return item;
}

WriteItem OfIncarnation(WriteItem item, std::uint32_t incarnation) {
  item.incarnation = incarnation;
  return item;
}

}  // namespace

TEST_P(KeepingStoreConformance, ReadsBackEveryFieldOfAnEpisode) {
  const GraphKey graph = GraphNamed("wissen/ä 🌊");
  WriteItem item = WithPayload(
      EpisodeItem(graph, batch_, 41, ""),
      std::string(
          R"({"type":"graph_episode","graph_id":"wissen/ä 🌊","data_type":"text","data":")") +
          kOddJson + R"(","source_description":"a \"source\"","document_id":"doc-7",)" +
          R"("created_at":"1969-07-20T20:17:40.123456Z","metadata":{"k":"v","n":[1,2.5]}})");
  item.ref.round = 2;
  Write({item});
  const auto episodes = Read(graph);
  ASSERT_EQ(episodes.size(), 1u);
  const StoredEpisode& episode = episodes[0];
  EXPECT_EQ(episode.uuid, item.episode);
  EXPECT_EQ(episode.ref, item.ref);
  EXPECT_EQ(episode.item.type, ItemType::kGraphEpisode);
  EXPECT_EQ(episode.item.content, kOddText);
  EXPECT_EQ(episode.item.data_type, DataType::kText);
  EXPECT_EQ(episode.item.graph_id, graph.id);
  EXPECT_EQ(episode.item.user_id, "");
  EXPECT_FALSE(episode.item.role);
  EXPECT_EQ(episode.item.source_description, "a \"source\"");
  EXPECT_EQ(episode.item.document_id, "doc-7");
  EXPECT_EQ(episode.item.metadata, R"({"k":"v","n":[1,2.5]})");
  EXPECT_EQ(episode.item.created_at, At(-14'182'939'876'544));
  EXPECT_EQ(episode.valid_at, At(-14'182'939'876'544));
}

TEST_P(KeepingStoreConformance, ReadsBackEveryFieldOfAMessage) {
  const GraphKey user = UserNamed("ann@example.com");
  Write({WithPayload(MessageItem(user, "t", batch_, 0, ""),
                     std::string(R"({"type":"thread_message","user_id":"ann@example.com",)") +
                         R"("thread_id":"t","role":"assistant","name":"Zoë","content":")" +
                         kOddJson + R"(","metadata":{"a":true}})")});
  const auto episodes = Read(user, "t");
  ASSERT_EQ(episodes.size(), 1u);
  const Item& item = episodes[0].item;
  EXPECT_EQ(item.type, ItemType::kThreadMessage);
  EXPECT_EQ(item.content, kOddText);
  EXPECT_EQ(item.role, Role::kAssistant);
  EXPECT_EQ(item.name, "Zoë");
  EXPECT_EQ(item.thread_id, "t");
  EXPECT_EQ(item.user_id, user.id);
  EXPECT_EQ(item.graph_id, "");
  EXPECT_EQ(item.metadata, R"({"a":true})");
  EXPECT_FALSE(item.created_at);
}

TEST_P(KeepingStoreConformance, TellsEventTimeFromIngestTime) {
  const GraphKey graph = GraphNamed("g");
  WriteItem item = EpisodeItem(graph, batch_, 0, "no created_at");
  const Timestamp before = SystemClock().WallNow();
  Write({item});
  const auto episodes = Read(graph);
  ASSERT_EQ(episodes.size(), 1u);
  EXPECT_EQ(episodes[0].valid_at, item.accepted_at);
  EXPECT_FALSE(episodes[0].item.created_at);
  EXPECT_GE(episodes[0].ingested_at, before);
  EXPECT_LE(episodes[0].ingested_at, SystemClock().WallNow());
}

TEST_P(KeepingStoreConformance, StoresMessagesThatExtractionSkips) {
  WriteItem item = MessageItem(UserNamed("ann"), "t", batch_, 0, "noted");
  item.skip = true;
  Write({item});
  EXPECT_EQ(ContentsInOrder(Read(UserNamed("ann"), "t")), std::vector<std::string>{"noted"});
}

TEST_P(KeepingStoreConformance, KeepsAUserAndAGraphOfOneNameApart) {
  Write({EpisodeItem(GraphNamed("same"), batch_, 0, "graph"),
         EpisodeItem(UserNamed("same"), batch_, 1, "user")});
  GraphKey other_project = GraphNamed("same");
  other_project.project = "other";
  Write({EpisodeItem(other_project, batch_, 2, "other")});
  EXPECT_EQ(ContentsInOrder(Read(GraphNamed("same"))), std::vector<std::string>{"graph"});
  EXPECT_EQ(ContentsInOrder(Read(UserNamed("same"))), std::vector<std::string>{"user"});
  EXPECT_EQ(ContentsInOrder(Read(other_project)), std::vector<std::string>{"other"});
}

TEST_P(KeepingStoreConformance, NamesBadItemsAndWritesTheOthers) {
  const GraphKey graph = GraphNamed("g");
  std::vector<WriteItem> items = EpisodeItems(graph, batch_, 0, 6);
  items[1].payload = "{\"type\":\"graph_episode\",";
  items[4].payload = "";
  const Written written = WriteAll(*store_, items);
  EXPECT_FALSE(written.failed);
  ASSERT_EQ(written.failures.size(), 2u);
  EXPECT_EQ(written.failures[0].position, 1u);
  EXPECT_EQ(written.failures[1].position, 4u);
  for (const ItemFailure& failure : written.failures) {
    EXPECT_FALSE(failure.code.empty());
    EXPECT_FALSE(failure.message.empty());
    EXPECT_FALSE(failure.canceled);
  }
  EXPECT_EQ(ContentsInOrder(Read(graph)), (std::vector<std::string>{"0", "2", "3", "5"}));
}

TEST_P(KeepingStoreConformance, RefusesAThreadOfAnotherGraph) {
  Write({MessageItem(UserNamed("ann"), "t", batch_, 0, "hers")});
  const Written written =
      WriteAll(*store_, {MessageItem(UserNamed("bob"), "t", batch_, 1, "his"),
                         MessageItem(UserNamed("bob"), "t2", batch_, 2, "his own")});
  ASSERT_EQ(written.failures.size(), 1u);
  EXPECT_EQ(written.failures[0].position, 0u);
  EXPECT_EQ(written.failures[0].code, "thread_conflict");
  EXPECT_EQ(ContentsInOrder(Read(UserNamed("ann"), "t")), std::vector<std::string>{"hers"});
  EXPECT_EQ(ContentsInOrder(Read(UserNamed("bob"))), std::vector<std::string>{"his own"});
}

TEST_P(KeepingStoreConformance, EraseRemovesTheGraphAndCancelsItsLateItems) {
  const GraphKey user = UserNamed("ann");
  Write({MessageItem(user, "t", batch_, 0, "old"), EpisodeItem(user, batch_, 1, "old"),
         EpisodeItem(GraphNamed("other"), batch_, 2, "stays")});
  ASSERT_TRUE(store_->Erase(user, 1).ok());
  ASSERT_TRUE(store_->Erase(user, 1).ok());
  ExpectNotFound(user);
  ExpectNotFound(user, "t");
  EXPECT_EQ(ContentsInOrder(Read(GraphNamed("other"))), std::vector<std::string>{"stays"});
  const Written late = WriteAll(*store_, {MessageItem(user, "t", batch_, 0, "old"),
                                          OfIncarnation(EpisodeItem(user, batch_, 3, "new"), 1)});
  ASSERT_EQ(late.failures.size(), 1u);
  EXPECT_EQ(late.failures[0].position, 0u);
  EXPECT_EQ(late.failures[0].code, "erased");
  EXPECT_TRUE(late.failures[0].canceled);
  EXPECT_EQ(ContentsInOrder(Read(user)), std::vector<std::string>{"new"});
}

TEST_P(KeepingStoreConformance, RemembersTheEraseOfAGraphThatComesLater) {
  const GraphKey graph = GraphNamed("g");
  ASSERT_TRUE(store_->Erase(graph, 3).ok());
  const Written late = WriteAll(*store_, {OfIncarnation(EpisodeItem(graph, batch_, 0, "x"), 2)});
  ASSERT_EQ(late.failures.size(), 1u);
  EXPECT_TRUE(late.failures[0].canceled);
  ExpectNotFound(graph);
}

TEST_P(KeepingStoreConformance, EraseLeavesTheIncarnationThatItIsNotFor) {
  const GraphKey graph = GraphNamed("g");
  Write({OfIncarnation(EpisodeItem(graph, batch_, 0, "new"), 2)});
  ASSERT_TRUE(store_->Erase(graph, 1).ok());
  ASSERT_TRUE(store_->Erase(graph, 2).ok());
  EXPECT_EQ(ContentsInOrder(Read(graph)), std::vector<std::string>{"new"});
}

TEST_P(KeepingStoreConformance, AnItemOfANewerIncarnationErasesTheOlder) {
  const GraphKey user = UserNamed("ann");
  Write({MessageItem(user, "t", batch_, 0, "old"),
         OfIncarnation(MessageItem(user, "t", batch_, 1, "new"), 1)});
  const auto episodes = Read(user, "t");
  EXPECT_EQ(ContentsInOrder(episodes), std::vector<std::string>{"new"});
  EXPECT_EQ(episodes.at(0).thread_seq, 1);
}

TEST_P(KeepingStoreConformance, AnErasedThreadMayBecomeAnothers) {
  Write({MessageItem(UserNamed("ann"), "t", batch_, 0, "hers")});
  ASSERT_TRUE(store_->Erase(UserNamed("ann"), 1).ok());
  Write({MessageItem(UserNamed("bob"), "t", batch_, 1, "his")});
  EXPECT_EQ(ContentsInOrder(Read(UserNamed("bob"), "t")), std::vector<std::string>{"his"});
}

TEST_P(KeepingStoreConformance, WhatWasAnsweredIsThereForAnotherStore) {
  Write(EpisodeItems(GraphNamed("g"), batch_, 0, 5));
  store_->Stop();
  EXPECT_EQ(store_->Read({GraphNamed("g"), "", 0, 1}).error().code, ErrorCode::kCancelled);
  store_ = Open();
  EXPECT_EQ(ContentsInOrder(Read(GraphNamed("g"))).size(), 5u);
}

TEST_P(KeepingStoreConformance, TwoStoresOnOnePlaceKeepOrderAndNumbers) {
  constexpr std::uint32_t kItems = 120;
  const GraphKey shared = GraphNamed("shared");
  const auto write_from = [&](GraphStore& store, std::uint32_t first) {
    for (std::uint32_t index = first; index < first + kItems; index += 3) {
      EXPECT_TRUE(WriteAll(store, EpisodeItems(shared, batch_, index, 3)).failures.empty());
    }
  };
  auto other = Open();
  std::jthread beside([&] { write_from(*other, kItems); });
  write_from(*store_, 0);
  beside.join();
  std::vector<std::uint32_t> first_half;
  std::vector<std::uint32_t> second_half;
  for (const StoredEpisode& episode : Read(shared)) {
    (episode.ref.index < kItems ? first_half : second_half).push_back(episode.ref.index);
  }
  EXPECT_EQ(ContentsInOrder(Read(shared)).size(), 2 * kItems);
  EXPECT_TRUE(std::is_sorted(first_half.begin(), first_half.end()));
  EXPECT_TRUE(std::is_sorted(second_half.begin(), second_half.end()));
}

}  // namespace headrace::testing
