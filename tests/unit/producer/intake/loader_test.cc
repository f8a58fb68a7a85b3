#include "producer/intake/loader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "common/model/item_header.h"
#include "tests/fakes/manual_clock.h"
#include "tests/unit/producer/intake/memory_source.h"
#include "tests/unit/producer/intake/recording_observer.h"
#include "tests/unit/producer/intake/scripted_producer.h"

namespace headrace::intake {
namespace {

std::string Episode(int graph, int number) {
  return R"( {"type":"graph_episode", "graph_id":"g)" + std::to_string(graph) +
         R"(","data_type":"text","data":"episode )" + std::to_string(number) + R"("} )";
}

std::string Episodes(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += Episode(i % 3, i) + "\n";
  return text;
}

class LoaderTest : public testing::Test {
 protected:
  LoaderTest() {
    options_.items_topic = "items";
    options_.journal_topic = "journal";
    options_.window_items_max = 4;
    plan_.batch = *BatchId::Parse("6f1f5c3e-8f0e-4d57-9a3c-b5d000000000");
    plan_.project = "default";
  }

  // As a load of a file does it: a first pass, then the load.
  LoadReport LoadFile(const std::string& text) { return LoadFile(text, text); }
  LoadReport LoadFile(const std::string& text, const std::string& text_of_second_pass) {
    ItemReader first = ReaderOf(text);
    plan_.totals = *ScanItems(first, observer_, [] { return false; });
    return LoadOnce(text_of_second_pass);
  }

  LoadReport LoadOnce(const std::string& text) {
    ItemReader reader = ReaderOf(text);
    return Load(reader);
  }

  LoadReport Load(ItemReader& reader) {
    Loader loader(producer_, clock_, options_, plan_, observer_, [this] { return stop_; });
    return loader.Run(reader);
  }

  static ItemReader ReaderOf(const std::string& text) {
    return ItemReader({.paths = {"a"}, .project = "default", .limits = {}},
                      OpenFrom({{"a", text}}));
  }

  // "opened", "dispatched 4", "item 0", ...: the story in order.
  std::vector<std::string> Story() const {
    std::vector<std::string> story;
    for (const ScriptedProducer::Sent& sent : producer_.sent) {
      if (sent.topic == "items") {
        story.push_back("item " + std::to_string(ParseItemIdHeader(sent.header)->ref.index));
        continue;
      }
      const BatchFact fact = *DecodeBatchFact(sent.key, sent.value);
      story.push_back(fact.kind == BatchFactKind::kOpened ? "opened"
                      : fact.kind == BatchFactKind::kSealed
                          ? "sealed"
                          : "dispatched " + std::to_string(*fact.dispatched));
    }
    return story;
  }

  std::optional<BatchFact> Fact(BatchFactKind kind) const {
    for (const ScriptedProducer::Sent& sent : producer_.sent) {
      if (sent.topic != "journal") continue;
      const Result<BatchFact> fact = DecodeBatchFact(sent.key, sent.value);
      if (fact.ok() && fact->kind == kind) return *fact;
    }
    return std::nullopt;
  }

  fakes::ManualClock clock_;
  ScriptedProducer producer_{clock_};
  RecordingObserver observer_;
  LoaderOptions options_;
  LoadPlan plan_;
  bool stop_ = false;
};

TEST_F(LoaderTest, TellsTheJournalBeforeEachWindowAndSealsAtTheEnd) {
  const LoadReport report = LoadFile(Episodes(6));
  EXPECT_EQ(report.end, LoadEnd::kSealed);
  EXPECT_EQ(report.delivered, 6u);
  EXPECT_EQ(Story(),
            (std::vector<std::string>{"opened", "dispatched 4", "item 0", "item 1", "item 2",
                                      "item 3", "dispatched 6", "item 4", "item 5", "sealed"}));
}

TEST_F(LoaderTest, SendsItemsByteForByteWithKeyAndId) {
  LoadFile("\n" + Episode(7, 1) + "\r\n");
  ASSERT_EQ(producer_.sent.size(), 4u);
  const ScriptedProducer::Sent& item = producer_.sent[2];
  EXPECT_EQ(item.topic, "items");
  EXPECT_EQ(item.key, "default/g/g7");
  EXPECT_EQ(item.value, Episode(7, 1));
  const Result<ItemIdHeader> header = ParseItemIdHeader(item.header);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->ref, (ItemRef{.batch = plan_.batch, .index = 1}));
  EXPECT_EQ(header->accepted_at, clock_.WallNow());
}

TEST_F(LoaderTest, KeepsTheOrderOfTheFile) {
  options_.in_flight_items_max = 3;
  producer_.deliveries_per_poll = 1;
  LoadFile(Episodes(50));
  int next = 0;
  for (const ScriptedProducer::Sent& sent : producer_.sent) {
    if (sent.topic != "items") continue;
    EXPECT_EQ(sent.value, Episode(next % 3, next));
    ++next;
  }
  EXPECT_EQ(next, 50);
}

ArchiveMark Mark(std::string id) {
  return {.written_at = Timestamp(std::chrono::seconds(1'800'000'000)),
          .graph = {.project = "default", .kind = GraphKind::kUser, .id = std::move(id)},
          .episode = Uuid::Random(),
          .ref = {.batch = BatchId::Random(), .index = 70, .round = 2},
          .accepted_at = Timestamp(std::chrono::milliseconds(1'700'000'000'123)),
          .incarnation = 3,
          .skip = true,
          .erased_below = {}};
}

std::string ArchiveText(const ArchiveMark& mark, std::string_view item) {
  std::string text;
  AppendArchiveLine(mark, item, text);
  return text;
}

constexpr std::string_view kMessageWithoutUser =
    R"({"type":"thread_message","thread_id":"t","role":"user","content":"hello"})";

// From files and from a pipe, which has no first pass to tell what is coming.
TEST_F(LoaderTest, SendsWhatAnArchiveHoldsAsItWasAcceptedAndSaysSoInEveryFact) {
  const ArchiveMark mark = Mark("ann");
  const std::string text = ArchiveText(mark, kMessageWithoutUser);
  for (const bool pipe : {false, true}) {
    SCOPED_TRACE(pipe);
    producer_.sent.clear();
    plan_.totals.reset();
    const LoadReport report = pipe ? LoadOnce(text) : LoadFile(text);
    ASSERT_EQ(report.end, LoadEnd::kSealed) << report.problem;
    ASSERT_EQ(producer_.sent.size(), 4u);
    const ScriptedProducer::Sent& item = producer_.sent[2];
    EXPECT_EQ(item.key, "default/u/ann");
    EXPECT_EQ(item.value, kMessageWithoutUser);
    const Result<ItemIdHeader> header = ParseItemIdHeader(item.header);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->ref, (ItemRef{.batch = plan_.batch, .index = 0}));
    EXPECT_EQ(header->episode, mark.episode);
    EXPECT_EQ(header->accepted_at, mark.accepted_at);
    EXPECT_EQ(header->incarnation, 3u);
    EXPECT_TRUE(header->skip);
    EXPECT_FALSE(header->again);
    for (const BatchFactKind kind :
         {BatchFactKind::kOpened, BatchFactKind::kDispatched, BatchFactKind::kSealed}) {
      ASSERT_TRUE(Fact(kind));
      EXPECT_TRUE(Fact(kind)->archived);
    }
  }
  LoadFile(Episodes(1));
  EXPECT_FALSE(ParseItemIdHeader(producer_.sent.at(6).header)->episode);
}

TEST_F(LoaderTest, ReplaysABatchOutOfAnArchiveAsOne) {
  const std::string text = ArchiveText(Mark("ann"), kMessageWithoutUser);
  LoadFile(text);
  plan_.known.opened = Fact(BatchFactKind::kOpened);
  producer_.sent.clear();
  LoadFile(text);
  ASSERT_EQ(producer_.sent.size(), 4u);
  EXPECT_TRUE(Fact(BatchFactKind::kOpened)->archived);
  EXPECT_TRUE(Fact(BatchFactKind::kSealed)->archived);
  EXPECT_TRUE(ParseItemIdHeader(producer_.sent[2].header)->episode);
  EXPECT_TRUE(ParseItemIdHeader(producer_.sent[2].header)->again);
}

TEST_F(LoaderTest, DoesNotSmuggleAnArchiveIntoABatchThatWasOpenedWithout) {
  const LoadReport report = LoadOnce(Episodes(4) + ArchiveText(Mark("ann"), kMessageWithoutUser));
  EXPECT_EQ(report.end, LoadEnd::kInputFailed);
  EXPECT_NE(report.problem.find("load them apart"), std::string::npos) << report.problem;
  EXPECT_FALSE(Fact(BatchFactKind::kSealed));
}

TEST_F(LoaderTest, DeclaresTotalsOfAFileWhenOpening) {
  LoadFile(Episodes(2) + "nonsense\n");
  const auto opened = Fact(BatchFactKind::kOpened);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->project, "default");
  EXPECT_EQ(opened->item_count, 2u);
  EXPECT_EQ(opened->index_end, 3u);
  EXPECT_EQ(opened->source_sha256, plan_.totals->sha256);
  const auto sealed = Fact(BatchFactKind::kSealed);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->item_count, 2u);
  EXPECT_EQ(sealed->index_end, 3u);
  EXPECT_EQ(sealed->rejected, 1u);
  EXPECT_EQ(sealed->source_sha256, plan_.totals->sha256);
  EXPECT_EQ(observer_.refused.size(), 1u) << "the second pass repeats no refusal";
}

TEST_F(LoaderTest, DeclaresTotalsOfAPipeWhenSealing) {
  const LoadReport report = LoadOnce(Episodes(2) + "nonsense\n");
  EXPECT_EQ(report.end, LoadEnd::kSealed);
  EXPECT_EQ(report.rejected, 1u);
  EXPECT_EQ(observer_.refused, std::vector<std::string>{"a:3: invalid_json"});
  const auto opened = Fact(BatchFactKind::kOpened);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->item_count);
  EXPECT_TRUE(opened->source_sha256.empty());
  EXPECT_EQ(Fact(BatchFactKind::kSealed)->item_count, 2u);
  EXPECT_EQ(Fact(BatchFactKind::kSealed)->source_sha256.size(), 64u);
}

TEST_F(LoaderTest, SendsNoItemBeforeTheBatchIsDurable) {
  producer_.silent = true;
  const LoadReport report = LoadFile(Episodes(3));
  EXPECT_EQ(report.end, LoadEnd::kDeliveryFailed);
  EXPECT_EQ(report.problem, "Kafka has acknowledged nothing for 2m");
  EXPECT_TRUE(report.opened) << "it may be there: only the answer is missing";
  EXPECT_EQ(Story(), std::vector<std::string>{"opened"});
}

TEST_F(LoaderTest, DoesNotSealAfterAFailedDelivery) {
  producer_.judge = [](const ScriptedProducer::Sent& sent) {
    return sent.value == Episode(2, 5) ? Status(Permanent("no luck")) : Status();
  };
  const LoadReport report = LoadFile(Episodes(6));
  EXPECT_EQ(report.end, LoadEnd::kDeliveryFailed);
  EXPECT_EQ(report.problem, "no luck");
  EXPECT_EQ(report.delivered, 5u);
  EXPECT_FALSE(Fact(BatchFactKind::kSealed));
}

TEST_F(LoaderTest, IsNotSealedWhenTheSealIsNotAcknowledged) {
  producer_.judge = [](const ScriptedProducer::Sent& sent) {
    return sent.key.ends_with("/sealed") ? Status(Permanent("no luck")) : Status();
  };
  EXPECT_EQ(LoadFile(Episodes(6)).end, LoadEnd::kDeliveryFailed);
}

TEST_F(LoaderTest, BoundsWhatIsInFlight) {
  options_.in_flight_items_max = 10;
  options_.window_items_max = 1'000;
  producer_.deliveries_per_poll = 3;
  EXPECT_EQ(LoadFile(Episodes(200)).delivered, 200u);
  EXPECT_LE(producer_.pending_max, 11u) << "ten items and a fact";
  options_.in_flight_bytes_max = 200;
  producer_.pending_max = 0;
  EXPECT_EQ(LoadFile(Episodes(200)).delivered, 200u);
  EXPECT_LE(producer_.pending_max, 200 / Episode(0, 1).size() + 2);
}

TEST_F(LoaderTest, StopsWhenAskedAndCountsWhatWasUnderWay) {
  options_.in_flight_items_max = 5;
  producer_.deliveries_per_poll = 1;
  producer_.on_poll = [this] { stop_ = producer_.sent.size() > 8; };
  const LoadReport report = LoadFile(Episodes(100));
  EXPECT_EQ(report.end, LoadEnd::kInterrupted);
  EXPECT_GT(report.delivered, 0u);
  std::size_t items = 0;
  for (const ScriptedProducer::Sent& sent : producer_.sent) items += sent.topic == "items";
  EXPECT_EQ(report.delivered, items);
  EXPECT_FALSE(Fact(BatchFactKind::kSealed));
}

TEST_F(LoaderTest, WaitsOnlyAMomentForDeliveriesAfterAnInterrupt) {
  options_.in_flight_items_max = 5;
  producer_.on_poll = [this] { stop_ = producer_.silent = producer_.sent.size() > 4; };
  const SteadyTime start = clock_.Now();
  EXPECT_EQ(LoadFile(Episodes(100)).end, LoadEnd::kInterrupted);
  EXPECT_LE(clock_.Now() - start, options_.drain_timeout + std::chrono::seconds(1));
}

TEST_F(LoaderTest, OpensNothingForAnInputWithoutGoodLines) {
  for (const std::string& text : {std::string(), std::string("\n \nnonsense\n")}) {
    const LoadReport report = LoadOnce(text);
    EXPECT_EQ(report.end, LoadEnd::kNothing);
    EXPECT_FALSE(report.opened);
    EXPECT_TRUE(producer_.sent.empty());
  }
}

TEST_F(LoaderTest, StrictPipeSealsWhatCameBeforeTheBadLine) {
  plan_.strict = true;
  const LoadReport report = LoadOnce(Episodes(2) + "nonsense\n" + Episodes(2));
  EXPECT_EQ(report.end, LoadEnd::kRefusedStrictly);
  EXPECT_EQ(report.delivered, 2u);
  EXPECT_EQ(Story(),
            (std::vector<std::string>{"opened", "dispatched 2", "item 0", "item 1", "sealed"}));
  EXPECT_EQ(Fact(BatchFactKind::kSealed)->item_count, 2u);
}

TEST_F(LoaderTest, StrictPipeThatFailsToSendSaysSo) {
  plan_.strict = true;
  producer_.silent = true;
  EXPECT_EQ(LoadOnce(Episodes(2) + "nonsense\n").end, LoadEnd::kDeliveryFailed);
}

TEST_F(LoaderTest, DoesNotSealAFileThatChangedBetweenThePasses) {
  const std::string text = Episodes(5);
  std::string changed = text;
  changed[changed.find("episode 3")] = 'E';
  for (const std::string& second : {changed, Episodes(4), Episodes(9)}) {
    producer_.sent.clear();
    const LoadReport report = LoadFile(text, second);
    EXPECT_EQ(report.end, LoadEnd::kInputChanged);
    EXPECT_FALSE(Fact(BatchFactKind::kSealed));
    EXPECT_FALSE(report.problem.empty());
  }
}

TEST_F(LoaderTest, SendsASlowPipesItemsAfterHalfASecond) {
  ItemReader reader(
      {.paths = {"-"}, .project = "default", .limits = {}},
      [this](const std::string&) -> Result<std::unique_ptr<ByteSource>> {
        std::vector<std::string> chunks{Episodes(1)};
        chunks.resize(12);  // silences
        chunks.push_back(Episodes(1));
        return std::unique_ptr<ByteSource>(std::make_unique<MemorySource>(std::move(chunks)));
      });
  producer_.on_poll = [this] { clock_.Advance(std::chrono::milliseconds(100)); };
  EXPECT_EQ(Load(reader).end, LoadEnd::kSealed);
  EXPECT_EQ(Story(), (std::vector<std::string>{"opened", "dispatched 1", "item 0", "dispatched 2",
                                               "item 1", "sealed"}));
}

TEST_F(LoaderTest, ReplaysWithTheSameIdsAndTheOldFacts) {
  LoadFile(Episodes(6));
  const std::vector<ScriptedProducer::Sent> before = producer_.sent;
  plan_.known = {.opened = Fact(BatchFactKind::kOpened),
                 .sealed = Fact(BatchFactKind::kSealed),
                 .dispatched = 6};
  producer_.sent.clear();
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(LoadFile(Episodes(6)).end, LoadEnd::kSealed);
  ASSERT_EQ(producer_.sent.size(), before.size());
  EXPECT_EQ(producer_.sent.front().value, before.front().value) << "opened when it was opened";
  EXPECT_EQ(producer_.sent.back().value, before.back().value);
  EXPECT_EQ(Story()[1], "dispatched 6") << "the number never goes back";
}

}  // namespace
}  // namespace headrace::intake
