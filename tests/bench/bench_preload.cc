// Fills an items topic and registers the batches of its items, as a producer would have done.
//
//   bench-preload fill TOPIC RECORDS GRAPHS BYTES   records as the worker reads them
//   bench-preload register RECORDS                  the journal's facts about their batches
//
// Settings come from the environment, as for the product. Item i belongs to batch i / 50,000.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/worker_command_line.h"
#include "common/kafka/producer.h"
#include "common/kafka/topic_names.h"
#include "common/model/batch_fact.h"
#include "common/model/item_header.h"

namespace headrace::bench {
namespace {

constexpr std::uint64_t kBatchItems = 50'000;
constexpr std::string_view kProject = "bench";

// Spreads consecutive numbers over the graphs in no visible order (splitmix64's finalizer).
std::uint64_t Scatter(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

BatchId BatchOf(std::uint64_t item) {
  char text[Uuid::kTextLength + 1];
  std::snprintf(text, sizeof(text), "01930000-0000-8000-8000-%04x00000000",
                static_cast<unsigned>(item / kBatchItems));
  return *BatchId::Parse(text);
}

std::string ValueOf(std::uint64_t item, std::uint64_t graph, std::uint64_t seq, std::size_t bytes) {
  std::string value = "{\"graph_id\":\"g" + std::to_string(graph) +
                      "\",\"index\":" + std::to_string(item) + ",\"seq\":" + std::to_string(seq) +
                      ",\"type\":\"graph_episode\",\"data_type\":\"text\",\"data\":\"";
  for (std::size_t i = 0; value.size() + 2 < bytes; ++i) {
    value.push_back("abcdefghijklmnopqrstuvwxyz 0123456789"[(i * 7 + i / 37) % 37]);
  }
  return value.append("\"}");
}

Status Fill(EventProducer& producer, const std::string& topic, std::uint64_t items,
            std::uint64_t graphs, std::size_t bytes) {
  std::vector<std::uint64_t> next_seq(graphs, 0);
  std::vector<Delivery> deliveries;
  for (std::uint64_t item = 0; item < items; ++item) {
    const std::uint64_t graph = Scatter(item) % graphs;
    ItemIdHeader id;
    id.ref.batch = BatchOf(item);
    id.ref.index = static_cast<std::uint32_t>(item % kBatchItems);
    const std::string id_text = EncodeItemIdHeader(id);
    const Header header{kItemIdHeader, id_text};
    const std::string key = std::string(kProject) + "/g/g" + std::to_string(graph);
    const std::string value = ValueOf(item, graph, next_seq[graph]++, bytes);
    if (Status sent =
            producer.Produce({.topic = topic, .key = key, .value = value, .headers = {&header, 1}});
        !sent.ok()) {
      return sent;
    }
    if (item % 1'024 == 0) producer.PollDeliveries(std::chrono::milliseconds(0), deliveries);
  }
  return producer.Flush(std::chrono::minutes(2));
}

Status Register(EventProducer& producer, const std::string& journal, std::uint64_t items) {
  const Timestamp now = SystemClock().WallNow();
  for (std::uint64_t first = 0; first < items; first += kBatchItems) {
    const std::uint64_t count = std::min(kBatchItems, items - first);
    for (const BatchFactKind kind : {BatchFactKind::kOpened, BatchFactKind::kSealed}) {
      const BatchFact fact{.kind = kind,
                           .batch = BatchOf(first),
                           .project = std::string(kProject),
                           .at = now,
                           .item_count = count,
                           .index_end = count};
      const std::string key = BatchFactKey(fact);
      const std::string value = EncodeBatchFact(fact);
      if (Status sent = producer.Produce({.topic = journal, .key = key, .value = value});
          !sent.ok()) {
        return sent;
      }
    }
  }
  return producer.Flush(std::chrono::minutes(1));
}

std::uint64_t Number(const char* text) { return std::strtoull(text, nullptr, 10); }

int Run(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  const bool fill = argc == 6 && words[1] == "fill";
  if (!fill && !(argc == 3 && words[1] == "register")) {
    std::fprintf(stderr, "bench-preload fill TOPIC RECORDS GRAPHS BYTES | register RECORDS\n");
    return 2;
  }
  const auto line = config::ParseWorkerCommandLine(1, argv, config::ReadEnvironment());
  std::fputs(line.err.c_str(), stderr);
  if (line.exit_code) return *line.exit_code;
  auto producer = kafka::OpenProducer(line.settings.kafka, "bench-preload");
  if (!producer.ok()) {
    std::fprintf(stderr, "%s\n", producer.error().message.c_str());
    return 1;
  }
  const kafka::TopicNames topics(line.settings.topics.prefix);
  const Status done =
      fill ? Fill(**producer, argv[2], Number(argv[3]), Number(argv[4]), Number(argv[5]))
           : Register(**producer, topics.journal, Number(argv[2]));
  if (done.ok()) return 0;
  std::fprintf(stderr, "bench-preload: %s\n", done.error().message.c_str());
  return 1;
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) { return headrace::bench::Run(argc, argv); }
