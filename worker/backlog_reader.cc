#include "worker/backlog_reader.h"

#include <chrono>
#include <utility>

#include "common/base/log.h"
#include "common/kafka/partition_probe.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kInterval{1'000};
constexpr milliseconds kEndsTimeout{2'000};
constexpr milliseconds kRecordTimeout{1'000};

}  // namespace

BacklogReader::BacklogReader(kafka::KafkaSettings settings, std::string topic)
    : settings_(std::move(settings)), topic_(std::move(topic)) {}

BacklogReader::~BacklogReader() { Stop(); }

Status BacklogReader::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void BacklogReader::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Backlog BacklogReader::Known() {
  const MutexLock lock(mutex_);
  return known_;
}

void BacklogReader::Ask(std::map<std::int32_t, std::int64_t> questions) {
  const MutexLock lock(mutex_);
  questions_ = std::move(questions);
}

void BacklogReader::Run(const std::stop_token& stop) {
  auto probe = kafka::PartitionProbe::Open(settings_, topic_);
  if (!probe.ok()) {
    log::Warn("no_lag", {{"reason", probe.error().message}});
    return;
  }
  std::stop_callback on_stop(stop, [this] { wake_.notify_all(); });
  while (!stop.stop_requested()) {
    const auto ends = (*probe)->EndOffsets(kEndsTimeout);
    std::map<std::int32_t, std::int64_t> questions;
    {
      const MutexLock lock(mutex_);
      if (ends.ok()) known_.ends = *ends;
      questions = questions_;
    }
    for (const auto& [partition, offset] : questions) {
      if (stop.stop_requested() || !ends.ok()) break;
      const auto next = (*probe)->FirstFrom(partition, offset, kRecordTimeout);
      if (!next.ok()) continue;
      const MutexLock lock(mutex_);
      known_.first[partition] = {offset, next->offset, next->appended};
    }
    std::unique_lock wait(mutex_);
    wake_.wait_for(wait, kInterval, [&] { return stop.stop_requested(); });
  }
}

}  // namespace headrace::worker
