// The floor under everything that reads a topic: librdkafka hands over all records, and nothing is
// done with them.
//
//   bench-consume TOPIC PARTITIONS RECORDS
//
// Settings of Kafka come from the environment, as for the product. Prints a line of JSON: seconds
// from the first records to the last ones, and the processor time of this process meanwhile.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "common/config/worker_command_line.h"
#include "common/kafka/handles.h"
#include "tests/bench/work_checks.h"

namespace headrace::bench {
namespace {

constexpr std::size_t kBatchMax = 1'000;
constexpr int kPatienceMs = 30'000;

// `first` is when the first records had come.
Status ReadAll(rd_kafka_queue_t* queue, std::uint64_t records, Reading& first) {
  std::array<rd_kafka_message_t*, kBatchMax> batch{};
  for (std::uint64_t seen = 0; seen < records;) {
    const auto count = rd_kafka_consume_batch_queue(queue, kPatienceMs, batch.data(), batch.size());
    if (count <= 0) return Transient("no more records came");
    if (seen == 0) first = Reading::Now();
    for (rd_kafka_message_t* message : std::span(batch).first(static_cast<std::size_t>(count))) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++seen;
      rd_kafka_message_destroy(message);
    }
  }
  return {};
}

Status Measure(const Settings& settings, const char* topic, int partitions, std::uint64_t records) {
  auto conf = kafka::MakeConf(
      settings.kafka, "bench-consume", {},
      {{"group.id", "bench-consume"},
       {"check.crcs", "true"},
       {"queued.max.messages.kbytes", std::to_string(settings.worker.in_flight_bytes_max >> 11)}});
  if (!conf.ok()) return std::move(conf).error();
  auto client = kafka::OpenClient(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!client.ok()) return std::move(client).error();
  rd_kafka_poll_set_consumer(client->get());
  const kafka::PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition) {
    rd_kafka_topic_partition_list_add(list.get(), topic, partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client->get(), list.get());
  const kafka::Queue queue(rd_kafka_queue_get_consumer(client->get()));
  Reading first;
  if (Status read = ReadAll(queue.get(), records, first); !read.ok()) return read;
  const Reading last = Reading::Now();
  std::printf("{\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n", last.seconds - first.seconds,
              last.cpu_seconds - first.cpu_seconds);
  return {};
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) {
  using namespace headrace;
  if (argc != 4) {
    std::fprintf(stderr, "bench-consume TOPIC PARTITIONS RECORDS\n");
    return 2;
  }
  const auto line = config::ParseWorkerCommandLine(1, argv, config::ReadEnvironment());
  std::fputs(line.err.c_str(), stderr);
  if (line.exit_code) return *line.exit_code;
  const Status done = bench::Measure(line.settings, argv[1], std::atoi(argv[2]),
                                     std::strtoull(argv[3], nullptr, 10));
  if (done.ok()) return 0;
  std::fprintf(stderr, "bench-consume: %s\n", done.error().message.c_str());
  return 1;
}
