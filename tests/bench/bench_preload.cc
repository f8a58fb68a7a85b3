// Fills an items topic and registers the batches of its items, as a producer would have done.
//
//   bench-preload fill TOPIC RECORDS GRAPHS BYTES   records as the worker reads them
//   bench-preload pace TOPIC RECORDS GRAPHS BYTES RATE HOT    the same, RATE a second, each with
//   the
//                                                   moment it was made; HOT percent are of graph g0
//   bench-preload register RECORDS                  the journal's facts about their batches
//
// Settings come from the environment, as for the product. Item i belongs to batch i / 50,000.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
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

struct Plan {
  std::string topic;
  std::uint64_t items = 0;
  std::uint64_t graphs = 1;
  std::size_t bytes = 0;
  std::uint64_t rate = 0;  // items a second; 0: as fast as it goes
  std::uint64_t hot_percent = 0;
};

std::uint64_t GraphOf(std::uint64_t item, const Plan& plan) {
  if (plan.hot_percent == 0) return Scatter(item) % plan.graphs;
  if (Scatter(~item) % 100 < plan.hot_percent) return 0;
  return 1 + Scatter(item) % (plan.graphs - 1);
}

// Waits until it is the item's turn; every millisecond's items go together.
void AwaitTurn(std::uint64_t item, const Plan& plan, SteadyTime start) {
  if (plan.rate == 0 || item % std::max<std::uint64_t>(plan.rate / 1'000, 1) != 0) return;
  std::this_thread::sleep_until(start + std::chrono::microseconds(item * 1'000'000 / plan.rate));
}

std::string ValueOf(std::uint64_t item, std::uint64_t graph, std::uint64_t seq, const Plan& plan) {
  std::string value = "{\"graph_id\":\"g" + std::to_string(graph) +
                      "\",\"index\":" + std::to_string(item) + ",\"seq\":" + std::to_string(seq);
  if (plan.rate > 0) {
    const Timestamp now = SystemClock().WallNow();
    value.append(",\"at\":").append(std::to_string(now.time_since_epoch().count()));
  }
  value.append(",\"type\":\"graph_episode\",\"data_type\":\"text\",\"data\":\"");
  for (std::size_t i = 0; value.size() + 2 < plan.bytes; ++i) {
    value.push_back("abcdefghijklmnopqrstuvwxyz 0123456789"[(i * 7 + i / 37) % 37]);
  }
  return value.append("\"}");
}

Status Fill(EventProducer& producer, const Plan& plan) {
  std::vector<std::uint64_t> next_seq(plan.graphs, 0);
  std::vector<Delivery> deliveries;
  const SteadyTime start = SystemClock().Now();
  for (std::uint64_t item = 0; item < plan.items; ++item) {
    AwaitTurn(item, plan, start);
    const std::uint64_t graph = GraphOf(item, plan);
    ItemIdHeader id;
    id.ref.batch = BatchOf(item);
    id.ref.index = static_cast<std::uint32_t>(item % kBatchItems);
    const std::string id_text = EncodeItemIdHeader(id);
    const Header header{kItemIdHeader, id_text};
    const std::string key = std::string(kProject) + "/g/g" + std::to_string(graph);
    const std::string value = ValueOf(item, graph, next_seq[graph]++, plan);
    if (Status sent = producer.Produce(
            {.topic = plan.topic, .key = key, .value = value, .headers = {&header, 1}});
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
  const bool pace = argc == 8 && words[1] == "pace";
  const bool fill = pace || (argc == 6 && words[1] == "fill");
  if (!fill && !(argc == 3 && words[1] == "register")) {
    std::fprintf(stderr,
                 "bench-preload fill TOPIC RECORDS GRAPHS BYTES | register RECORDS\n"
                 "              pace TOPIC RECORDS GRAPHS BYTES RATE HOT\n");
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
  const Status done = fill ? Fill(**producer, {.topic = argv[2],
                                               .items = Number(argv[3]),
                                               .graphs = Number(argv[4]),
                                               .bytes = Number(argv[5]),
                                               .rate = pace ? Number(argv[6]) : 0,
                                               .hot_percent = pace ? Number(argv[7]) : 0})
                           : Register(**producer, topics.journal, Number(argv[2]));
  if (done.ok()) return 0;
  std::fprintf(stderr, "bench-preload: %s\n", done.error().message.c_str());
  return 1;
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) { return headrace::bench::Run(argc, argv); }
