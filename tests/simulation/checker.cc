#include "tests/simulation/checker.h"

#include <algorithm>

#include "common/model/refusal_codes.h"

namespace headrace::simulation {

void Checker::Fail(const char* invariant, const std::string& detail) {
  throw Violation{invariant, detail};
}

std::string Checker::Name(const ItemLife& item) {
  return "item " + std::to_string(item.ref.index) + " (round " + std::to_string(item.ref.round) +
         ") of batch " + item.ref.batch.ToString().substr(0, 8) + ", key " + item.key;
}

void Checker::Assigned(const Host& host, std::int32_t partition) {
  Memory& memory = memories_[host.incarnation()];
  ++memory.assignments;
  std::erase_if(memory.delivered_at,
                [&](const auto& entry) { return entry.first.partition == partition; });
  if (crashes_.Assigned(host.incarnation(), partition)) Excuse(memory, {partition});
}

void Checker::Delivered(const Host& host, const Place& place) {
  Memory& memory = memories_[host.incarnation()];
  if (!memory.delivered_at.emplace(place, trace_.now()).second) return;
  ++memory.deliveries[ItemBook::KeyOf(items_.At(place).ref)];
}

void Checker::Polled(const Host& host, std::size_t bytes) {
  Memory& memory = memories_[host.incarnation()];
  memory.poll_bytes_max = std::max(memory.poll_bytes_max, bytes);
}

// A loop that is full, or has a record that must wait, polls on after a second: the group could not
// rebalance without it. Both may come in a row. A leap of the clock counts as little.
void Checker::Stepped(const Host& host, SteadyTime now) {
  constexpr std::chrono::milliseconds kTimeMax{3'000}, kStepMax{100};
  Memory& memory = memories_[host.incarnation()];
  const auto since = now - std::exchange(memory.stepped_at, now);
  memory.unpolled += std::min<SteadyTime::duration>(since, kStepMax);
  if (host.polled) memory.unpolled = {};
  if (memory.unpolled > kTimeMax) Fail("a worker polls on", "for seconds it did not");
}

void Checker::Tried(const Host& host, const Chunk& chunk) {
  Memory& memory = memories_[host.incarnation()];
  if (host.draining) Fail("nothing is begun while the worker drains", "a chunk was begun");
  std::set<std::string> graphs;
  for (const WriteItem& item : chunk.items) {
    graphs.insert(item.graph->ToString());
    CheckTry(host, memory, item);
  }
  if (chunk.items.size() > plan_.traits.chunk_items_max ||
      graphs.size() > plan_.traits.chunk_lanes_max) {
    Fail("a chunk keeps to the store's traits", std::to_string(chunk.items.size()) + " items of " +
                                                    std::to_string(graphs.size()) + " graphs");
  }
  for (const std::string& graph : graphs) {
    if (!memory.graphs_in_store.insert(graph).second) {
      Fail("one chunk of a graph at a time", "graph " + graph + " is in the store already");
    }
  }
  memory.items_in_store += chunk.items.size();
}

void Checker::CheckTry(const Host& host, Memory& memory, const WriteItem& item) {
  const Place place = ItemBook::PlaceOf(item.payload);
  const ItemLife& life = items_.At(place);
  if (!host.holds.contains(place.partition)) {
    Fail("no work on a partition that was given up", Name(life));
  }
  if (life.refused) Fail("what admission must refuse never reaches the store", Name(life));
  const auto delivered = memory.delivered_at.find(place);
  if (delivered == memory.delivered_at.end()) {
    Fail("no work on a partition that was given up", Name(life) + " is of an earlier assignment");
  }
  if (life.outcome_at && *life.outcome_at < delivered->second) {
    Fail("no try after an outcome", Name(life) + " had ended before it was delivered");
  }
  if (memory.unreported.contains(life.key)) {
    Fail("nothing is begun behind a failed item before its outcome is in Kafka", Name(life));
  }
  memory.tries.try_emplace(place, Memory::Tries{.successes_before = memory.successes});
  crashes_.Tried(place);
  if (life.deadly) memory.deadly_in_store.insert(place);
}

void Checker::Answered(const Host& host, const ChunkResult& result, const Chunk& chunk) {
  Memory& memory = memories_[host.incarnation()];
  memory.items_in_store -= chunk.items.size();
  for (const WriteItem& item : chunk.items) memory.graphs_in_store.erase(item.graph->ToString());
  if (!result.error || result.error->error_class == StoreErrorClass::kItem) ++memory.successes;
  if (!result.error || result.error->error_class != StoreErrorClass::kTransient) return;
  for (const WriteItem& item : chunk.items) {
    ++memory.tries[ItemBook::PlaceOf(item.payload)].failures;
  }
}

// What a worker that is not the owner any more still brings in is not judged: only a store that
// fences could refuse it.
void Checker::Stored(const WriteItem& item, bool owned) {
  const ItemLife& life = items_.At(ItemBook::PlaceOf(item.payload));
  if (!items_.Store(life.ref) || !owned) return;
  std::int64_t& last = last_stored_[{life.key, life.ref.batch, life.ref.round}];
  if (life.sequence < last) {
    Fail("order within a graph", Name(life) + " came after number " + std::to_string(last));
  }
  last = std::max(last, life.sequence);
}

// In an outage nothing is given up: each strike needs a success of the store for others. One moment
// can serve two strikes, hence the half.
void Checker::GivesUp(const Host& host, const ItemIdHeader& id, const std::string& code) {
  const ItemRef& ref = id.ref;
  const ItemLife& life = items_.Of(ref);
  if (!life.refused && id.skip != life.skip) {
    Fail("a dead letter has what its item was sent with", Name(life));
  }
  Memory& memory = memories_[host.incarnation()];
  NoteGivenUp(memory, life, code);
  if (code == codes::kCrash) CheckCrash(ref);
  if (code != kTrouble) return;
  const bool by_age = plan_.settings.retry_age_max < std::chrono::hours(1);
  const int tries_min = by_age ? 1 : static_cast<int>(plan_.settings.retry_attempts_max);
  // It may have come more than once; one of its deliveries must have had all.
  int failures = 0, successes = 0;
  for (const auto& [place, tries] : memory.tries) {
    if (ItemBook::KeyOf(items_.At(place).ref) != ItemBook::KeyOf(ref)) continue;
    failures = std::max(failures, tries.failures);
    successes = std::max(successes, memory.successes - tries.successes_before);
  }
  if (failures < tries_min) {
    Fail("an item has all its tries",
         Name(life) + " was given up after " + std::to_string(failures) + " failures");
  }
  if (successes < (tries_min + 1) / 2) Fail("no item is given up in an outage", Name(life));
}

// What admission refuses, and what ended the process too often, is in no lane.
void Checker::NoteGivenUp(Memory& memory, const ItemLife& life, const std::string& code) {
  if (life.refused || code == codes::kCrash) return;
  memory.unreported[life.key].insert(ItemBook::KeyOf(life.ref));
}

// Begun with a note and begun alone, each by a worker that ended or lost it; and now given up.
void Checker::CheckCrash(const ItemRef& ref) {
  int deliveries = 0;
  for (const auto& [incarnation, memory] : memories_) {
    const auto found = memory.deliveries.find(ItemBook::KeyOf(ref));
    if (found != memory.deliveries.end()) deliveries += found->second;
  }
  if (deliveries < 3) {
    Fail("nothing is given up before its third life",
         Name(items_.Of(ref)) + " was delivered " + std::to_string(deliveries) + " times");
  }
  crashes_.GivenUp(ref);
}

void Checker::LetterWritten(const ItemRef& ref) {
  ItemLife& life = items_.Of(ref);
  if (!life.letter_at) life.letter_at = trace_.now();
  ++life.letters;
}

void Checker::OutcomesWritten(const Host& host, const OutcomeRecord& record) {
  const auto each = [&](const std::vector<IndexRange>& ranges, ItemState state) {
    for (const IndexRange& range : ranges) {
      for (std::uint32_t index = range.first; index <= range.last; ++index) {
        CheckOutcome(host, {record.batch, index, record.round}, state, "");
      }
    }
  };
  each(record.succeeded, ItemState::kSucceeded);
  each(record.skipped, ItemState::kSkipped);
  each(record.canceled, ItemState::kCanceled);
  for (const FailedItem& failed : record.failed) {
    CheckOutcome(host, {record.batch, failed.index, record.round}, ItemState::kFailed,
                 failed.error.code);
  }
}

void Checker::CheckOutcome(const Host& host, const ItemRef& ref, ItemState state,
                           const std::string& code) {
  if (!items_.knows(ref)) Fail("outcomes are of items that were sent", "an unknown item");
  ItemLife& life = items_.Of(ref);
  Memory& memory = memories_[host.incarnation()];
  const ItemBook::Key key = ItemBook::KeyOf(ref);
  if (++memory.reports[key] > memory.deliveries[key]) {
    Fail("one outcome for each delivery", Name(life));
  }
  const auto unreported = memory.unreported.find(life.key);
  if (state == ItemState::kFailed && unreported != memory.unreported.end()) {
    const auto found = unreported->second.find(key);
    if (found != unreported->second.end()) unreported->second.erase(found);
    if (unreported->second.empty()) memory.unreported.erase(unreported);
  }
  if (state == ItemState::kFailed && !life.letter_at) {
    Fail("a dead letter before a failed outcome", Name(life));
  }
  if (life.deadly && code != codes::kCrash) {
    Fail("an item that ends its process fails as a crash", Name(life));
  }
  if (state == ItemState::kFailed && code == kBadItem && !life.bad) {
    Fail("only a bad item is blamed", Name(life));
  }
  if (state != ItemState::kFailed) {
    if (life.bad || life.refused) Fail("a bad item fails", Name(life));
    if (!items_.IsStored(ref)) Fail("no success before the store has the item", Name(life));
    const ItemState expected = life.skip ? ItemState::kSkipped : ItemState::kSucceeded;
    if (state != expected) Fail("an item ends as it was sent", Name(life));
  }
  if (life.outcome_at) return;
  life.outcome_at = trace_.now();
  life.state = state;
  life.code = code;
}

// It lived when it said farewell, so a try that had not ended does not count. A farewell that
// failed for the worker may be in Kafka all the same.
void Checker::Left(const Host& host, const std::set<std::int32_t>& partitions) {
  Memory& memory = memories_[host.incarnation()];
  if (!memory.may_commit) Lost();
  Excuse(memory, partitions);
}

void Checker::Excuse(Memory& memory, const std::set<std::int32_t>& partitions) {
  std::erase_if(memory.deadly_in_store, [&](const Place& place) {
    if (!partitions.contains(place.partition)) return false;
    crashes_.Excused(place);
    return true;
  });
}

void Checker::CommitAsked(const Host& host, std::int32_t partition) const {
  if (host.holds.contains(partition)) return;
  Fail("no commit after a revoke", "partition " + std::to_string(partition));
}

void Checker::Committed(const Host& host, std::int32_t partition, std::int64_t offset) {
  crashes_.Committed(host.incarnation(), partition);
  std::int64_t& committed = committed_[partition];
  if (offset < committed) {
    Fail("commits only rise", "partition " + std::to_string(partition) + " from " +
                                  std::to_string(committed) + " to " + std::to_string(offset));
  }
  const auto& places = items_.places();
  for (auto place = places.lower_bound({partition, committed});
       place != places.end() && place->first < Place{partition, offset}; ++place) {
    if (!items_.Of(place->second).outcome_at) {
      Fail("nothing is committed past unfinished work",
           Name(items_.Of(place->second)) + " at offset " + std::to_string(place->first.offset) +
               ", committed " + std::to_string(offset));
    }
  }
  committed = offset;
}

// At each assignment a record may slip in while the worker is full, see Intake::KeepMembership;
// bytes are counted when they are there. The other half of them is the consumer's.
void Checker::Holds(const Host& host, const worker::InFlight& held) const {
  constexpr std::size_t kRecordBytesMax = 400;
  const auto found = memories_.find(host.incarnation());
  if (found == memories_.end()) return;
  const Memory& memory = found->second;
  const std::size_t in_store = memory.items_in_store;
  const std::size_t limit = plan_.settings.in_flight_items_max;
  const std::size_t items_max = limit + memory.assignments;
  const std::size_t bytes_max = plan_.settings.in_flight_bytes_max / 2 + memory.poll_bytes_max +
                                kRecordBytesMax * memory.assignments;
  if (held.items > held.reported + items_max || held.reported > limit + items_max ||
      held.bytes > bytes_max) {
    Fail("a worker holds no more than its limits",
         std::to_string(held.items) + " items of " + std::to_string(held.bytes) + " bytes");
  }
  if (held.items < held.reported + in_store) {
    Fail("a worker knows what it holds", std::to_string(in_store) + " items are in the store, " +
                                             std::to_string(held.items) + " are known");
  }
}

}  // namespace headrace::simulation
