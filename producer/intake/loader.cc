// How a load works, and why.
//
// 1. Files are read twice. The first pass (load_scan) validates every line and hashes the bytes, so
//    that the total is known before the first item leaves, the bar is exact, --strict can send
//    nothing at all, and a replay can be compared with what was loaded before. A pipe cannot be
//    read twice: it has one pass, and count and hash are declared at the end.
// 2. The fact `opened` is acknowledged by Kafka before the first item is produced: workers refuse
//    items of batches that do not exist. A load without one good line opens nothing.
// 3. Items travel in windows. A window is collected first and its fact `dispatched` is produced
//    with the exact count before its items, so that "queued" and "processing" are never guessed.
//    The fact is not waited for: it is a display value, and the next one repairs it.
// 4. `sealed` follows when every delivery has succeeded, and is waited for itself. A batch cannot
//    complete before it is sealed, so a load that dies half-way never looks finished. Re-sending is
//    harmless (item ids are batch and line number), hence the one remedy for every failure is to
//    run the same load again with --batch-id.
//
// The number of items and bytes in flight is bounded here and not left to the producer's queue:
// its full queue makes Produce wait where an interrupt is not seen.
#include "producer/intake/loader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/units.h"

namespace headrace::intake {
namespace {

constexpr std::chrono::milliseconds kPollTimeout{100};
constexpr std::uint64_t kFactToken = std::uint64_t{1} << 63;  // others carry the value's size

Timestamp ToMillis(Timestamp time) {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(time);
}

}  // namespace

Loader::Loader(EventProducer& producer, const Clock& clock, LoaderOptions options, LoadPlan plan,
               LoadObserver& observer, StopRequested stop)
    : producer_(producer),
      clock_(clock),
      options_(std::move(options)),
      plan_(std::move(plan)),
      observer_(observer),
      stop_(std::move(stop)) {}

LoadReport Loader::Run(ItemReader& reader) {
  bool going = true;
  while (going && !input_ended_) going = Take(reader);
  // A strict stop ends the reading, not the load: what was taken before is sent and sealed.
  const bool strict_stop = report_.end == LoadEnd::kRefusedStrictly;
  if (going && SendWindow() && WaitUntilInFlightBelow(1, 1) && report_.opened && Seal(reader)) {
    report_.end = strict_stop ? LoadEnd::kRefusedStrictly : LoadEnd::kSealed;
  }
  if (report_.end == LoadEnd::kInterrupted) Drain();
  return report_;
}

bool Loader::Take(ItemReader& reader) {
  if (stop_()) return Fail(LoadEnd::kInterrupted, "interrupted");
  ItemLine line;
  const Result<ItemReader::Event> event = reader.Next(line);
  if (!event.ok()) return Fail(LoadEnd::kInputFailed, event.error().message);
  // The first pass has reported the refused lines of files already.
  const bool report_refusals = !plan_.totals;
  switch (*event) {
    case ItemReader::Event::kItem:
      if (!Add(line)) return false;
      break;
    case ItemReader::Event::kRefused:
      ++report_.rejected;
      if (report_refusals) observer_.OnRefused(line);
      StopIfStrict(line);
      break;
    case ItemReader::Event::kRefusedTail:
      if (report_refusals) observer_.OnRefusedTail(line);
      StopIfStrict(line);
      break;
    case ItemReader::Event::kIdle:
      if (!Poll(std::chrono::milliseconds(0))) return false;
      break;
    case ItemReader::Event::kEnd:
      input_ended_ = true;
      break;
  }
  const bool full =
      window_.count >= options_.window_items_max || window_.bytes >= options_.window_bytes_max;
  const bool old = window_.count > 0 && clock_.Now() - window_.since >= options_.window_age_max;
  return full || old ? SendWindow() : true;
}

// Not before the refused line has been reported to its end.
void Loader::StopIfStrict(const ItemLine& line) {
  if (!plan_.strict || !line.raw_complete) return;
  report_.end = LoadEnd::kRefusedStrictly;
  input_ended_ = true;
}

bool Loader::Add(ItemLine& line) {
  if (plan_.totals && line.index >= plan_.totals->index_end) {
    return Fail(LoadEnd::kInputChanged, "the input grew while it was being loaded");
  }
  if (window_.count == 0) window_.since = clock_.Now();
  if (window_.count == window_.items.size()) window_.items.emplace_back();
  Pending& item = window_.items[window_.count++];
  item.index = line.index;
  item.key.swap(line.key);
  item.value.assign(line.text);
  item.archived.reset();
  if (line.archived != nullptr) item.archived = *line.archived;
  window_.bytes += item.value.size();
  return true;
}

bool Loader::SendWindow() {
  if (window_.count == 0) return true;
  if (!report_.opened && !Open()) return false;
  BatchFact fact = NewFact(BatchFactKind::kDispatched);
  fact.dispatched = std::max(plan_.known.dispatched, sent_ + window_.count);
  if (!SendFact(fact, false)) return false;
  for (std::size_t i = 0; i < window_.count; ++i) {
    if (!SendItem(window_.items[i])) return false;
  }
  // One window of huge items must not leave its memory behind for the rest of the load.
  if (window_.bytes > options_.window_bytes_max / 2) window_.items.clear();
  window_.count = window_.bytes = 0;
  return Poll(std::chrono::milliseconds(0));
}

bool Loader::SendItem(const Pending& item) {
  if (item.archived && !report_.archived) {
    return Fail(LoadEnd::kInputFailed,
                "lines of an archive follow other lines in standard input: load them apart");
  }
  if (!WaitUntilInFlightBelow(options_.in_flight_items_max, options_.in_flight_bytes_max)) {
    return false;
  }
  const std::string id = EncodeItemIdHeader(HeaderOf(item));
  const std::array<Header, 1> headers{{{.name = kItemIdHeader, .value = id}}};
  const Status produced = producer_.Produce({.topic = options_.items_topic,
                                             .key = item.key,
                                             .value = item.value,
                                             .headers = headers,
                                             .token = item.value.size()});
  if (!produced.ok()) return Fail(LoadEnd::kDeliveryFailed, produced.error().message);
  NoteSending();
  ++sent_;
  ++in_flight_.items;
  in_flight_.bytes += item.value.size();
  return true;
}

// What comes out of an archive keeps its episode's id, so that a store which has it already is not
// changed; its event time; and the incarnation, so that a store which has erased it since says so.
ItemIdHeader Loader::HeaderOf(const Pending& item) const {
  ItemIdHeader header{.ref = {.batch = plan_.batch, .index = item.index},
                      .accepted_at = ToMillis(clock_.WallNow()),
                      .again = plan_.known.opened.has_value()};
  if (!item.archived) return header;
  header.accepted_at = item.archived->accepted_at;
  header.incarnation = item.archived->incarnation;
  header.episode = item.archived->episode;
  header.skip = item.archived->skip;
  return header;
}

// A worker takes an item's word for its episode only in a batch whose facts, in whatever order it
// reads them, say that it may.
bool Loader::IsOfArchive() const {
  if (plan_.known.opened) return plan_.known.opened->archived;
  if (plan_.totals) return plan_.totals->archived;
  const auto begin = window_.items.begin();
  return std::any_of(begin, begin + static_cast<std::ptrdiff_t>(window_.count),
                     [](const Pending& item) { return item.archived.has_value(); });
}

bool Loader::Open() {
  report_.archived = IsOfArchive();
  BatchFact fact = NewFact(BatchFactKind::kOpened);
  if (plan_.known.opened) {
    // Sent again as it was, so that a Redis that lost the batch learns of it again.
    fact = *plan_.known.opened;
  } else {
    fact.metadata = plan_.metadata;
    if (plan_.totals) {
      fact.item_count = plan_.totals->accepted;
      fact.index_end = plan_.totals->index_end;
      fact.source_sha256 = plan_.totals->sha256;
    }
  }
  // Set before the answer: a fact whose acknowledgement was lost may well be there.
  report_.opened = true;
  return SendFact(fact, true);
}

bool Loader::Seal(ItemReader& reader) {
  // After a strict stop the rest was not read, so the hash says what was, as the count does.
  const ScanTotals now{.accepted = sent_,
                       .rejected = report_.rejected,
                       .index_end = reader.line_count(),
                       .bytes = reader.bytes_read(),
                       .sha256 = reader.FinishHash(),
                       .archived = report_.archived};
  if (!MatchesFirstPass(now)) {
    return Fail(LoadEnd::kInputChanged, "the input changed while it was being loaded");
  }
  BatchFact fact = NewFact(BatchFactKind::kSealed);
  if (plan_.known.sealed) fact.at = plan_.known.sealed->at;
  fact.item_count = now.accepted;
  fact.index_end = now.index_end;
  fact.rejected = now.rejected;
  fact.source_sha256 = now.sha256;
  return SendFact(fact, true);
}

bool Loader::MatchesFirstPass(const ScanTotals& now) {
  return !plan_.totals ||
         (now.accepted == plan_.totals->accepted && now.index_end == plan_.totals->index_end &&
          now.sha256 == plan_.totals->sha256);
}

BatchFact Loader::NewFact(BatchFactKind kind) const {
  BatchFact fact;
  fact.kind = kind;
  fact.batch = plan_.batch;
  fact.project = plan_.project;
  fact.at = clock_.WallNow();
  fact.archived = report_.archived;
  return fact;
}

bool Loader::SendFact(const BatchFact& fact, bool wait) {
  const Status produced = producer_.Produce({.topic = options_.journal_topic,
                                             .key = BatchFactKey(fact),
                                             .value = EncodeBatchFact(fact),
                                             .headers = {},
                                             .token = kFactToken});
  if (!produced.ok()) return Fail(LoadEnd::kDeliveryFailed, produced.error().message);
  NoteSending();
  ++in_flight_.facts;
  while (wait && in_flight_.facts > 0) {
    if (!Poll(kPollTimeout)) return false;
    if (stop_() && in_flight_.facts > 0) return Fail(LoadEnd::kInterrupted, "interrupted");
  }
  return true;
}

bool Loader::WaitUntilInFlightBelow(std::size_t items, std::size_t bytes) {
  while (in_flight_.items >= items || in_flight_.bytes >= bytes) {
    if (stop_()) return Fail(LoadEnd::kInterrupted, "interrupted");
    if (!Poll(kPollTimeout)) return false;
  }
  return true;
}

bool Loader::Poll(std::chrono::milliseconds timeout) {
  deliveries_.clear();
  producer_.PollDeliveries(timeout, deliveries_);
  for (const Delivery& delivery : deliveries_) {
    const bool is_fact = delivery.token == kFactToken;
    if (is_fact) {
      --in_flight_.facts;
    } else {
      --in_flight_.items;
      in_flight_.bytes -= delivery.token;
    }
    if (!delivery.status.ok()) {
      Fail(LoadEnd::kDeliveryFailed, delivery.status.error().message);
    } else if (!is_fact) {
      ++report_.delivered;
      report_.bytes += delivery.token;
    }
  }
  const bool waiting = in_flight_.items > 0 || in_flight_.facts > 0;
  if (!deliveries_.empty()) {
    in_flight_.last_progress = clock_.Now();
  } else if (waiting && clock_.Now() - in_flight_.last_progress >= options_.delivery_timeout) {
    // The producer itself never gives a record up, because a later one could overtake it then.
    Fail(LoadEnd::kDeliveryFailed,
         "Kafka has acknowledged nothing for " + FormatDuration(options_.delivery_timeout));
  }
  observer_.OnProgress(
      {.items = report_.delivered, .bytes = report_.bytes, .rejected = report_.rejected});
  return report_.end != LoadEnd::kDeliveryFailed;
}

void Loader::NoteSending() {
  if (in_flight_.items == 0 && in_flight_.facts == 0) in_flight_.last_progress = clock_.Now();
}

bool Loader::Fail(LoadEnd end, std::string problem) {
  // The first reason stands; what follows it is its consequence.
  if (report_.problem.empty()) {
    report_.end = end;
    report_.problem = std::move(problem);
  }
  return false;
}

// What is under way has been paid for: a moment's patience makes the resumed load shorter.
void Loader::Drain() {
  const SteadyTime deadline = clock_.Now() + options_.drain_timeout;
  while (in_flight_.items > 0 && clock_.Now() < deadline) {
    if (!Poll(kPollTimeout)) break;
  }
}

}  // namespace headrace::intake
