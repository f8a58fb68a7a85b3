// How the projector finds its place.
//
// The outcome store is a view of two topics. For each of their partitions it holds a mark: the
// offset up to which it has been told everything. The mark is written into the same server after
// the records before it, so however the server loses data (everything by FLUSHALL, its last second
// by a crash with appendfsync everysec, its tail by a failover), it loses the mark of what it
// forgot as well: what it holds is always a state that it once had, and in every such state the
// mark is not beyond the records that are in it.
//
// So there is one rule. The projector moves a mark only from the place where it believes it to
// stand (compare and set). When it stands elsewhere, the projector re-reads it and seeks there;
// when it is gone, it reads from the beginning, after noting in the store up to which offset the
// view is being rebuilt. Rewind, repair and rebuild are this one path, no time span has to be
// guessed, and a restart of the store that lost nothing costs nothing. Marks are also compared
// every few seconds while nothing flows, so that an emptied store fills again by itself.
// The mark says nothing of what was told after it. A store cannot lose that without breaking the
// connection, so after any failed call everything beyond the mark is read and told again.
//
// Between losing data and noticing it, records may have been applied to a store that had forgotten
// the earlier ones. They are applied again on the way, which is harmless: a move that was made is
// not made twice, and facts are maxima or said once. Where a worker that had lost its partition
// told of a second, other outcome in a round, that one may stand then instead of the first.
//
// Two projectors may believe that they own a partition for a moment. Both apply the same records,
// and the one whose compare-and-set fails re-reads the mark.
//
// The offsets committed to Kafka inform people and autoscalers about lag, and tell a store that
// lost what it had from one that never had it; nothing is positioned by them.
//
// A record whose first byte is not a known version stops its partition, because skipping it would
// lose outcomes. A record of a known version that is not an outcome all the same is passed over
// with an error in the log: no Headrace program writes one, and no later program could read it.
#include "common/accounting/projection.h"

#include <algorithm>
#include <ranges>

#include "common/accounting/accounted_records.h"
#include "common/base/log.h"

namespace headrace::accounting {
namespace {

constexpr std::uint16_t kOutcomes = 0;
constexpr std::uint16_t kJournal = 1;

}  // namespace

Projection::Projection(const ProjectorSettings& settings, OutcomeStore& store, const Clock& clock,
                       ProjectorObserver& observer)
    : settings_(settings), store_(store), clock_(clock), observer_(observer) {}

// The consumer tells us about the end of its assignment while it is destroyed.
Projection::~Projection() {
  lanes_.clear();
  consumer_.reset();
}

Status Projection::Open(const ConsumerFactory& open_consumer) {
  auto consumer = open_consumer(*this);
  if (!consumer.ok()) return std::move(consumer).error();
  consumer_ = std::move(*consumer);
  return {};
}

void Projection::Step(std::chrono::milliseconds timeout) {
  applied_ = 0;
  Read(timeout);
  if (!state_.store_reachable) PauseAll(true);  // what was assigned just now, too
  if (!state_.store_reachable && clock_.Now() < state_.retry_at) return;
  NoteStore(Work());
  if (AllPositioned()) rereads_.Tell();
  NoteCompleteness();
}

void Projection::Close() {
  if (consumer_ == nullptr) return;
  if (state_.store_reachable) NoteStore(ApplyAll());
  if (state_.store_reachable) NoteStore(AdvanceMarks(false));
  CommitMarks();
  lanes_.clear();
  consumer_.reset();
}

// The listener's part only takes notes: the store may be slow or away, and the group waits.
void Projection::OnAssigned(std::vector<PartitionPosition>& positions) {
  for (const PartitionPosition& position : positions) {
    Lane lane;
    lane.topic = TopicName(position.partition.topic);
    lane.reached = position.offset;
    lanes_.insert_or_assign(position.partition, std::move(lane));
  }
}

// What was read and not applied is read again by the next owner.
void Projection::OnRevoked(std::span<const TopicPartition> partitions) {
  CommitMarks();
  for (const TopicPartition& place : partitions) lanes_.erase(place);
}

void Projection::OnLost(std::span<const TopicPartition> partitions) {
  for (const TopicPartition& place : partitions) lanes_.erase(place);
}

void Projection::Read(std::chrono::milliseconds timeout) {
  const Status polled = consumer_->Poll(timeout, settings_.records_max, records_);
  if (polled.ok() != state_.log_reachable) {
    state_.log_reachable = polled.ok();
    ListenAnew();
    polled.ok() ? log::Info("projector_kafka_reachable")
                : log::Warn("projector_kafka_unreachable", {{"reason", polled.error().message}});
  }
  if (!polled.ok()) return;
  for (const Record& record : records_) Take(record);
}

void Projection::Take(const Record& record) {
  const auto found = lanes_.find(record.source);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  // Before positioning, reading stands anywhere; what is behind has been taken already.
  if (!lane.positioned || lane.stopped || record.offset < lane.next) return;
  record.source.topic == kOutcomes ? TakeOutcome(record, lane) : TakeFact(record, lane);
  if (lane.stopped) return;
  lane.next = record.offset + 1;
  lane.heard_at = clock_.Now();
}

void Projection::TakeOutcome(const Record& record, Lane& lane) {
  auto outcome = OutcomeOf(record);
  if (!outcome.ok()) {
    Refused(record, lane, outcome.error());
    return;
  }
  lane.outcomes.Add(
      {std::move(*outcome), record.source.partition, record.offset, record.append_time});
}

void Projection::TakeFact(const Record& record, Lane& lane) {
  auto fact = FactOf(record);
  if (fact.ok()) {
    lane.facts.push_back(std::move(*fact));
  } else if (fact.error().code != ErrorCode::kNotFound) {
    Refused(record, lane, fact.error());
  }
}

void Projection::Refused(const Record& record, Lane& lane, const Error& error) {
  const std::int32_t partition = record.source.partition;
  if (error.code != ErrorCode::kPermanent) {
    log::Error("projector_foreign_record", {{"topic", lane.topic},
                                            {"partition", partition},
                                            {"offset", record.offset},
                                            {"reason", error.message}});
    observer_.OnForeignRecord(lane.topic, partition);
    return;
  }
  lane.stopped = true;
  consumer_->Pause(record.source);
  log::Error("projector_unknown_version", {{"topic", lane.topic},
                                           {"partition", partition},
                                           {"offset", record.offset},
                                           {"hint", "update this program"}});
  observer_.OnUnknownVersion(lane.topic, partition);
}

Status Projection::Work() {
  if (Status status = PositionLanes(); !status.ok()) return status;
  if (Status status = ApplyAll(); !status.ok()) return status;
  const SteadyTime now = clock_.Now();
  // A step that had nothing to write proves nothing about a store that was away.
  const bool reconcile = !state_.store_reachable || now >= state_.reconcile_at;
  if (reconcile) {
    state_.reconcile_at = now + settings_.reconcile_interval;
    // Without partitions there is no mark to look at, but whether the store answers still matters.
    if (auto mark = store_.ReadMark(settings_.outcomes_topic, 0); !mark.ok()) {
      return std::move(mark).error();
    }
  }
  if (Status status = AdvanceMarks(reconcile); !status.ok()) return status;
  if (reconcile) {
    if (Status status = EndSilentRebuilds(); !status.ok()) return status;
  }
  if (now >= state_.commit_at) {
    state_.commit_at = now + settings_.commit_interval;
    CommitMarks();
  }
  return {};
}

// All lanes are positioned before anything is applied: the notes about rebuilding stand before the
// first count appears.
Status Projection::PositionLanes() {
  if (AllPositioned()) return {};
  std::vector<std::vector<std::int64_t>> ends;  // by topic and partition
  for (const std::uint16_t topic : {kOutcomes, kJournal}) {
    auto found = consumer_->EndOffsets(topic);
    // Without Kafka there is nothing to read either; the next step tries again.
    if (!found.ok()) return {};
    ends.push_back(std::move(*found));
    if (Status status = NoteMissingMarks(topic, ends.back()); !status.ok()) return status;
  }
  for (auto& [place, lane] : lanes_) {
    const auto partition = static_cast<std::size_t>(place.partition);
    if (lane.positioned || partition >= ends[place.topic].size()) continue;
    const std::int64_t end_offset = ends[place.topic][partition];
    if (Status status = Position(place, lane, end_offset); !status.ok()) return status;
  }
  return {};
}

// Also for the partitions of other projectors: until the last of them has noticed that the store
// was emptied, the view is not complete, however far ours are.
Status Projection::NoteMissingMarks(std::uint16_t topic, const std::vector<std::int64_t>& ends) {
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] == 0) continue;
    const auto partition = static_cast<std::int32_t>(i);
    auto mark = store_.ReadMark(TopicName(topic), partition);
    if (!mark.ok()) return std::move(mark).error();
    if (*mark) continue;
    Status noted = store_.SetRebuilding(TopicName(topic), partition, ends[i]);
    if (!noted.ok()) return noted;
  }
  return {};
}

const std::string& Projection::TopicName(std::uint16_t topic) const {
  return topic == kOutcomes ? settings_.outcomes_topic : settings_.journal_topic;
}

Status Projection::Position(TopicPartition place, Lane& lane, std::int64_t end_offset) {
  auto mark = store_.ReadMark(lane.topic, place.partition);
  if (!mark.ok()) return std::move(mark).error();
  const bool rebuild = !*mark || **mark > end_offset;
  const std::int64_t start = rebuild ? PartitionPosition::kFromStart : **mark;
  // Right after an assignment Kafka's client may not be ready to seek; the next step tries again.
  if (const Status sought = consumer_->Seek({place, start, ""}); !sought.ok()) {
    log::Debug("projector_seek_failed", {{"topic", lane.topic},
                                         {"partition", place.partition},
                                         {"reason", sought.error().message}});
    return {};
  }
  lane.mark = *mark;
  if (rebuild) {
    if (Status status = BeginRebuild(place, lane, end_offset); !status.ok()) return status;
  }
  lane.next = std::max<std::int64_t>(start, 0);
  if (rereads_.Add(lane.topic, {lane.reached, lane.next, end_offset, rebuild})) {
    observer_.OnRebuild(lane.topic, place.partition, rebuild ? Lost::kWhole : Lost::kTail);
  }
  lane.reached = lane.next;
  lane.rebuild_end = end_offset;
  lane.heard_at = clock_.Now();
  lane.stopped = false;
  lane.positioned = true;
  if (state_.store_reachable) consumer_->Resume(place);
  return {};
}

Status Projection::BeginRebuild(TopicPartition place, Lane& lane, std::int64_t end_offset) {
  if (lane.mark) {
    log::Error("projector_topic_is_shorter_than_its_mark", {{"topic", lane.topic},
                                                            {"partition", place.partition},
                                                            {"mark", *lane.mark},
                                                            {"end", end_offset}});
  }
  if (end_offset == 0) return {};
  return store_.SetRebuilding(lane.topic, place.partition, end_offset);
}

Status Projection::ApplyAll() {
  for (auto& [place, lane] : lanes_) {
    if (!lane.outcomes.empty()) {
      Status status = store_.ApplyOutcomes(lane.outcomes.outcomes());
      if (!status.ok()) return status;
      applied_ += lane.outcomes.item_count();
      observer_.OnApplied(lane.outcomes.item_count());
      lane.outcomes.Clear();
    }
    if (!lane.facts.empty()) {
      if (Status status = store_.ApplyFacts(lane.facts); !status.ok()) return status;
      lane.facts.clear();
    }
  }
  return {};
}

Status Projection::AdvanceMarks(bool all) {
  for (auto& [place, lane] : lanes_) {
    if (!lane.positioned || (!all && !lane.HasNews())) continue;
    if (Status status = Advance(place, lane); !status.ok()) return status;
  }
  return {};
}

Status Projection::Advance(TopicPartition place, Lane& lane) {
  auto moved = store_.AdvanceMark({lane.topic, place.partition, lane.next}, lane.mark);
  if (!moved.ok()) return std::move(moved).error();
  if (*moved) {
    lane.mark = lane.reached = lane.next;
  } else {
    // A store that lost one mark has lost others, and it is one event: all are looked at now.
    lane.positioned = false;
    state_.reconcile_at = clock_.Now();
  }
  return {};
}

// The last records before the end offset may be gone by retention; then no record will ever bring
// the mark there. Only the note is taken away: the position stays, so nothing is skipped.
Status Projection::EndSilentRebuilds() {
  for (auto& [place, lane] : lanes_) {
    if (!lane.positioned || lane.stopped || !lane.rebuild_end) continue;
    const bool silent = clock_.Now() - lane.heard_at >= settings_.rebuild_idle_max;
    if (lane.next < *lane.rebuild_end) {
      if (!silent || !state_.log_reachable) continue;
      Status status = store_.SetRebuilding(lane.topic, place.partition, std::nullopt);
      if (!status.ok()) return status;
      log::Warn("projector_rebuild_ended_before_the_end",
                {{"topic", lane.topic},
                 {"partition", place.partition},
                 {"read_to", lane.next},
                 {"end", *lane.rebuild_end},
                 {"reason", "no record came; retention has removed them"}});
    }
    lane.rebuild_end.reset();
  }
  return {};
}

// Silence while Kafka or the store was away means nothing.
void Projection::ListenAnew() {
  for (auto& [place, lane] : lanes_) lane.heard_at = clock_.Now();
}

void Projection::DoubtWhatIsUnmarked() {
  for (auto& [place, lane] : lanes_) {
    if (!lane.HasNews()) continue;
    lane.positioned = false;
    lane.outcomes.Clear();
    lane.facts.clear();
  }
}

void Projection::CommitMarks() {
  std::vector<PartitionPosition> positions;
  for (const auto& [place, lane] : lanes_) {
    if (lane.positioned && lane.mark) positions.push_back({place, *lane.mark, ""});
  }
  if (positions.empty()) return;
  if (const Status committed = consumer_->Commit(positions); !committed.ok())
    log::Debug("projector_commit_failed", {{"reason", committed.error().message}});
}

void Projection::NoteStore(const Status& status) {
  if (!status.ok()) {
    state_.backoff = std::clamp(state_.backoff * 2, settings_.backoff_min, settings_.backoff_max);
    state_.retry_at = clock_.Now() + state_.backoff;
    DoubtWhatIsUnmarked();
  }
  if (state_.store_asked && status.ok() == state_.store_reachable) return;
  state_.store_asked = true;
  state_.store_reachable = status.ok();
  if (status.ok()) {
    state_.backoff = {};
    log::Info("outcome_store_reachable");
  } else if (status.error().code == ErrorCode::kTransient) {
    log::Warn("outcome_store_unreachable", {{"reason", status.error().message}});
  } else {
    log::Error("outcome_store_refuses", {{"reason", status.error().message}});
  }
  PauseAll(!status.ok());
  ListenAnew();
  observer_.OnOutcomeStoreReachable(status.ok());
}

void Projection::NoteCompleteness() {
  const bool complete = std::ranges::all_of(lanes_ | std::views::values, &Lane::IsComplete);
  if (state_.complete != complete) observer_.OnViewComplete(complete);
  state_.complete = complete;
}

bool Projection::AllPositioned() const {
  return std::ranges::all_of(lanes_ | std::views::values, &Lane::positioned);
}

void Projection::PauseAll(bool pause) {
  for (auto& [place, lane] : lanes_) {
    if (pause) {
      consumer_->Pause(place);
    } else if (!lane.stopped) {
      consumer_->Resume(place);
    }
  }
}

}  // namespace headrace::accounting
