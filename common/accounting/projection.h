// The projector without its thread: one step at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/accounting/outcome_pile.h"
#include "common/accounting/projector.h"
#include "common/accounting/reread_notes.h"

namespace headrace::accounting {

// Owns the consumer and drives the store. One thread calls everything.
class Projection final : private AssignmentListener {
 public:
  Projection(const ProjectorSettings& settings, OutcomeStore& store, const Clock& clock,
             ProjectorObserver& observer);
  ~Projection() override;

  Status Open(const ConsumerFactory& open_consumer);
  // Reads what has arrived, waiting up to `timeout`, applies it and moves the marks. While the
  // store is away it reads nothing, but keeps the membership of the group alive.
  void Step(std::chrono::milliseconds timeout);
  // The last step applied outcomes of many items and left no record unread that had arrived.
  bool Flows() const {
    return applied_ >= settings_.flow_items && records_.size() < settings_.records_max;
  }
  // Applies what is left, commits and leaves the group.
  void Close();

 private:
  // A partition that is assigned to us.
  struct Lane {
    std::string topic;
    bool positioned = false;           // reading began at the mark
    bool stopped = false;              // by a record of an unknown version
    std::optional<std::int64_t> mark;  // where the store's mark stands, as far as we know
    std::int64_t reached = 0;          // the store's mark has stood at least here
    std::int64_t next = 0;             // one past the last record that was read
    // The end of the topic at positioning, until it is reached: a note about a rebuild, ours or of
    // the partition's former owner, may stand in the store until then.
    std::optional<std::int64_t> rebuild_end;
    SteadyTime heard_at{};  // when the last record came
    OutcomePile outcomes;
    std::vector<BatchFact> facts;

    bool IsComplete() const { return positioned && (!rebuild_end || next >= *rebuild_end); }
    bool HasNews() const { return positioned && (!mark || next != *mark); }
  };
  using Lanes = std::map<TopicPartition, Lane>;

  void OnAssigned(std::vector<PartitionPosition>& positions) override;
  void OnRevoked(std::span<const TopicPartition> partitions) override;
  void OnLost(std::span<const TopicPartition> partitions) override;

  void Read(std::chrono::milliseconds timeout);
  void Take(const Record& record);
  void TakeOutcome(const Record& record, Lane& lane);
  void TakeFact(const Record& record, Lane& lane);
  void Refused(const Record& record, Lane& lane, const Error& error);

  Status Work();
  Status PositionLanes();
  Status NoteMissingMarks(std::uint16_t topic, const std::vector<std::int64_t>& ends);
  const std::string& TopicName(std::uint16_t topic) const;
  Status Position(TopicPartition place, Lane& lane, std::int64_t end_offset);
  Status BeginRebuild(TopicPartition place, Lane& lane, std::int64_t end_offset);
  Status ApplyAll();
  Status AdvanceMarks(bool all);
  Status Advance(TopicPartition place, Lane& lane);
  Status EndSilentRebuilds();
  void ListenAnew();
  void DoubtWhatIsUnmarked();
  void CommitMarks();

  void NoteStore(const Status& status);
  void NoteCompleteness();
  bool AllPositioned() const;
  void PauseAll(bool pause);

  const ProjectorSettings settings_;
  OutcomeStore& store_;
  const Clock& clock_;
  ProjectorObserver& observer_;
  std::unique_ptr<EventConsumer> consumer_;
  Lanes lanes_;
  std::vector<Record> records_;
  std::size_t applied_ = 0;  // items, in the last step
  RereadNotes rereads_;      // not told yet
  // How the outside stands, and when to look again.
  struct {
    bool store_asked = false;  // until then nobody has been told how it is
    bool store_reachable = true;
    bool log_reachable = true;
    std::optional<bool> complete;  // as the observer was told
    std::chrono::milliseconds backoff{0};
    SteadyTime retry_at{};
    SteadyTime reconcile_at{};
    SteadyTime commit_at{};
  } state_;
};

}  // namespace headrace::accounting
