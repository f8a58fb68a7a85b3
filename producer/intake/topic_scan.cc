#include "producer/intake/topic_scan.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace headrace::intake {
namespace {

constexpr std::chrono::milliseconds kPollTimeout{100};
constexpr std::size_t kRecordsPerPoll = 10'000;

// How far each partition has been read, and how far it is to be read.
class Frontier {
 public:
  void SetEnds(std::vector<std::int64_t> ends) { ends_ = std::move(ends); }
  bool knows_ends() const { return ends_.has_value(); }

  void Pass(const Record& record) {
    const auto partition = static_cast<std::size_t>(record.source.partition);
    next_.resize(std::max(next_.size(), partition + 1));
    next_[partition] = record.offset + 1;
  }

  bool reached() const {
    if (!ends_) return false;
    for (std::size_t i = 0; i < ends_->size(); ++i) {
      if ((i < next_.size() ? next_[i] : 0) < (*ends_)[i]) return false;
    }
    return true;
  }

 private:
  std::vector<std::int64_t> next_;
  std::optional<std::vector<std::int64_t>> ends_;
};

}  // namespace

Status ReadToEnd(EventConsumer& consumer, const TopicScan& scan, const Clock& clock,
                 const StopRequested& stop, const std::function<Status(const Record&)>& visit) {
  Frontier frontier;
  std::vector<Record> records;
  SteadyTime heard = clock.Now();
  std::string trouble;
  while (!frontier.reached()) {
    if (stop()) return Cancelled("interrupted");
    if (clock.Now() - heard >= scan.silence_max) {
      if (scan.may_end_in_silence && frontier.knows_ends() && consumer.EndOffsets(0).ok())
        return {};
      return Transient(scan.name + " could not be read to its end" +
                       (trouble.empty() ? trouble : ": " + trouble));
    }
    if (!frontier.knows_ends()) {
      // A topic that was made a moment ago may have no leaders yet.
      Result<std::vector<std::int64_t>> ends = consumer.EndOffsets(0);
      if (!ends.ok() && ends.error().code != ErrorCode::kTransient) return std::move(ends).error();
      if (ends.ok()) {
        frontier.SetEnds(*std::move(ends));
        continue;
      }
      trouble = ends.error().message;
    }
    const Status polled = consumer.Poll(kPollTimeout, kRecordsPerPoll, records);
    if (!polled.ok()) {
      if (polled.error().code != ErrorCode::kTransient) return polled.error();
      trouble = polled.error().message;
      continue;
    }
    if (!records.empty()) heard = clock.Now();
    for (const Record& record : records) {
      if (Status visited = visit(record); !visited.ok()) return visited;
      frontier.Pass(record);
    }
  }
  return {};
}

}  // namespace headrace::intake
