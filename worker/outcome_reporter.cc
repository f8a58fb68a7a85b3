#include "worker/outcome_reporter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/check.h"

namespace headrace::worker {
namespace {

constexpr std::size_t kSpareItemsMax = 65'536;

void AppendOutcome(OutcomeRecord& record, const FinishedItem& item) {
  const std::uint32_t index = item.ref.index;
  switch (item.state) {
    case ItemState::kSucceeded:
      record.succeeded.push_back({index, index});
      return;
    case ItemState::kSkipped:
      record.skipped.push_back({index, index});
      return;
    case ItemState::kCanceled:
      record.canceled.push_back({index, index});
      return;
    case ItemState::kFailed:
      CHECK(item.error.has_value());
      record.failed.push_back({index, *item.error});
      return;
    case ItemState::kNone:
      CHECK(false);
  }
}

// Sorts the indices, one in each range, and joins neighbours; an item that was reported twice
// counts once.
void JoinRanges(std::vector<IndexRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const IndexRange& a, const IndexRange& b) { return a.first < b.first; });
  std::size_t joined = 0;
  for (const IndexRange& range : ranges) {
    if (joined > 0 && range.first <= ranges[joined - 1].last + 1) {
      ranges[joined - 1].last = range.last;
    } else {
      ranges[joined++] = range;
    }
  }
  ranges.resize(joined);
}

}  // namespace

OutcomeReporter::OutcomeReporter(EventProducer& producer, ReporterSettings settings)
    : producer_(producer),
      settings_(std::move(settings)),
      spare_items_(kSpareItemsMax),
      spare_ranges_(kSpareItemsMax) {}

Status OutcomeReporter::Report(FinishedItem item, SteadyTime now) {
  const Group group{item.ref.batch, item.ref.round};
  auto [entry, is_new] = collecting_.try_emplace(group);
  Collected& collected = entry->second;
  if (is_new) {
    collected.record.batch = item.ref.batch;
    collected.record.round = item.ref.round;
    collected.record.upstream = item.upstream;
    collected.record.project = std::move(item.project);
    collected.since = now;
    collected.items = spare_items_.Take();
    collected.record.succeeded = spare_ranges_.Take();
  }
  AppendOutcome(collected.record, item);
  collected.items.push_back({item.source, item.offset});
  if (collected.items.size() < settings_.record_items_max) return {};
  Collected full = std::move(collected);
  collecting_.erase(entry);
  return Send(std::move(full));
}

Status OutcomeReporter::ReportFailed(FinishedItem item, const DeadLetter& letter) {
  const std::uint64_t token = next_token_++;
  letters_.emplace(token, std::move(item));
  return ProduceDeadLetter(producer_, settings_.dead_letters_topic, letter, token);
}

Status OutcomeReporter::Pump(SteadyTime now, bool flush, std::vector<DoneItem>& done) {
  for (auto entry = collecting_.begin(); entry != collecting_.end();) {
    if (!flush && now - entry->second.since < settings_.delay_max) {
      ++entry;
      continue;
    }
    Collected due = std::move(entry->second);
    entry = collecting_.erase(entry);
    if (Status sent = Send(std::move(due)); !sent.ok()) return sent;
  }
  deliveries_.clear();
  producer_.PollDeliveries(std::chrono::milliseconds(0), deliveries_);
  for (const Delivery& delivery : deliveries_) {
    if (Status settled = Settle(delivery, now, done); !settled.ok()) return settled;
  }
  return {};
}

Status OutcomeReporter::Send(Collected collected) {
  OutcomeRecord& record = collected.record;
  for (auto* ranges : {&record.succeeded, &record.skipped, &record.canceled}) JoinRanges(*ranges);
  const std::string key = record.batch.ToString();
  const std::string value = EncodeOutcomeRecord(record);
  const std::uint64_t token = next_token_++;
  sent_.emplace(token, std::move(collected.items));
  spare_ranges_.Give(std::move(record.succeeded));
  return producer_.Produce({.topic = settings_.outcomes_topic,
                            .key = key,
                            .value = value,
                            .headers = {},
                            .token = token});
}

Status OutcomeReporter::Settle(const Delivery& delivery, SteadyTime now,
                               std::vector<DoneItem>& done) {
  if (!delivery.status.ok()) return delivery.status;
  if (auto letter = letters_.extract(delivery.token); !letter.empty()) {
    return Report(std::move(letter.mapped()), now);
  }
  auto record = sent_.extract(delivery.token);
  CHECK(!record.empty());
  done.insert(done.end(), record.mapped().begin(), record.mapped().end());
  spare_items_.Give(std::move(record.mapped()));
  return {};
}

}  // namespace headrace::worker
