// What must hold, whatever happens. The fakes tell the checker what the workers do; it throws a
// Violation at the first step that breaks an invariant.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "common/model/item_header.h"
#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "tests/simulation/crash_judge.h"
#include "tests/simulation/host.h"
#include "tests/simulation/item_book.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/trace.h"
#include "worker/worker_observer.h"

namespace headrace::simulation {

class Checker {
 public:
  Checker(Trace& trace, const Plan& plan, ItemBook& items)
      : trace_(trace), plan_(plan), items_(items), crashes_(plan, items) {}

  // A worker was given a partition, polled a record, gave a chunk to its store, has its result.
  void Assigned(const Host& host, std::int32_t partition);
  void Delivered(const Host& host, const Place& place);
  void Polled(const Host& host, std::size_t bytes);
  // Its loop has come round.
  void Stepped(const Host& host, SteadyTime now);
  void Tried(const Host& host, const Chunk& chunk);
  void Answered(const Host& host, const ChunkResult& result, const Chunk& chunk);
  // The store took an item; `owned`: from the owner of its partition.
  void Stored(const WriteItem& item, bool owned);
  // A worker hands a dead letter to its producer; a dead letter, an outcome record is in Kafka.
  void GivesUp(const Host& host, const ItemIdHeader& id, const std::string& code);
  void LetterWritten(const ItemRef& ref);
  void OutcomesWritten(const Host& host, const OutcomeRecord& record);
  // A worker asks for a commit; a commit is in Kafka; the worker knows how that went.
  void CommitAsked(const Host& host, std::int32_t partition) const;
  void Committed(const Host& host, std::int32_t partition, std::int64_t offset);
  void CommitEnded(const Host& host, bool ok) { memories_[host.incarnation()].may_commit = ok; }
  // A worker gave partitions away when it had time; it ended, or they were taken from it.
  void Left(const Host& host, const std::set<std::int32_t>& partitions);
  void Lost() { crashes_.WorkerLost(); }
  void Holds(const Host& host, const worker::InFlight& held) const;
  // Everything has ended.
  void JudgeAll() const { crashes_.JudgeAll(); }

  [[noreturn]] static void Fail(const char* invariant, const std::string& detail);
  static std::string Name(const ItemLife& item);

 private:
  // What the checker remembers of one life of a worker.
  struct Memory {
    std::map<Place, std::int64_t> delivered_at;  // since the partition was assigned
    std::size_t assignments = 0;
    std::map<ItemBook::Key, int> deliveries;
    std::map<ItemBook::Key, int> reports;
    // By the key of their records: items that it gave up and whose outcome is not in Kafka.
    std::map<std::string, std::multiset<ItemBook::Key>> unreported;
    std::set<std::string> graphs_in_store;
    std::size_t items_in_store = 0;
    std::set<Place> deadly_in_store;
    std::size_t poll_bytes_max = 0;
    bool may_commit = true;  // its last commit succeeded
    SteadyTime stepped_at{};
    SteadyTime::duration unpolled{};
    int successes = 0;  // chunks that the store applied or judged
    struct Tries {
      int successes_before = 0;  // the first
      int failures = 0;          // that were nobody's fault
    };
    std::map<Place, Tries> tries;
  };

  void Excuse(Memory& memory, const std::set<std::int32_t>& partitions);
  void NoteGivenUp(Memory& memory, const ItemLife& life, const std::string& code);
  void CheckCrash(const ItemRef& ref);
  void CheckTry(const Host& host, Memory& memory, const WriteItem& item);
  void CheckOutcome(const Host& host, const ItemRef& ref, ItemState state, const std::string& code);

  Trace& trace_;
  const Plan& plan_;
  ItemBook& items_;
  CrashJudge crashes_;
  std::map<std::int64_t, Memory> memories_;  // by incarnation
  std::map<std::int32_t, std::int64_t> committed_;
  // Of each graph, batch and round: the last item that its partition's owner brought into the
  // store.
  std::map<std::tuple<std::string, BatchId, std::uint8_t>, std::int64_t> last_stored_;
};

// Codes of the simulated store.
inline constexpr const char* kBadItem = "bad_item";
inline constexpr const char* kTrouble = "trouble";

}  // namespace headrace::simulation
