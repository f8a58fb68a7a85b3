#include "producer/retry/letter_index.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace headrace::retry {
namespace {

// A fact must fit into one record, and applying it to Redis must not hold up other clients.
constexpr std::size_t kRangesMax = 10'000;
constexpr std::uint64_t kItemsMax = 100'000;
constexpr std::size_t kNamesMax = 65'000;

void AddIndex(BatchFact& round, std::uint32_t index) {
  if (!round.indexes.empty() && round.indexes.back().last + 1 == index) {
    ++round.indexes.back().last;
  } else {
    round.indexes.push_back({index, index});
  }
  round.item_count = round.item_count.value_or(0) + 1;
}

bool IsFull(const BatchFact& round) {
  return round.indexes.size() >= kRangesMax || round.item_count.value_or(0) >= kItemsMax;
}

}  // namespace

bool LetterFilter::Takes(const DeadLetter& letter) const {
  return (code.empty() || letter.code == code) && (project.empty() || letter.project == project) &&
         (!batch || letter.id.ref.batch == *batch);
}

// An item whose next round is to be opened.
struct LetterIndex::Opening {
  Uuid item;
  std::uint8_t round = 0;
  bool upstream = false;
  bool archived = false;
  std::uint16_t code = 0;
  std::uint16_t project = 0;
};

LetterIndex::LetterIndex(LetterFilter filter, ItemsTopics topics)
    : filter_(std::move(filter)), topics_(std::move(topics)) {}

void LetterIndex::Add(const Record& record, const DeadLetter& letter) {
  entries_.push_back(
      {.item = letter.id.ref.batch.ItemUuid(letter.id.ref.index),
       .offset = record.offset,
       .partition = record.source.partition,
       .code = Intern(letter.code),
       .project = Intern(letter.project),
       .round = letter.id.ref.round,
       .taken = filter_.Takes(letter),
       .replayable = WhyNotReplayable(letter, record.key, topics_.batch, topics_.realtime).empty(),
       .upstream = IsUpstream(letter),
       .archived = IsArchived(letter)});
}

// Codes and projects are few. Should a foreign program write a different one with every letter, the
// surplus is counted under the last name.
std::uint16_t LetterIndex::Intern(std::string_view name) {
  const auto found = std::ranges::find(names_, name);
  if (found != names_.end()) return static_cast<std::uint16_t>(found - names_.begin());
  if (names_.size() < kNamesMax) names_.emplace_back(name);
  return static_cast<std::uint16_t>(names_.size() - 1);
}

ReplayPlan LetterIndex::MakePlan(const RetryBook& book, Timestamp now) {
  const auto place = [](const Entry& entry) {
    return std::tuple(entry.item, entry.round, entry.partition, entry.offset);
  };
  std::ranges::sort(entries_, {}, place);
  ReplayPlan plan;
  std::vector<Opening> openings;
  for (auto first = entries_.begin(); first != entries_.end();) {
    const auto after = std::find_if(first, entries_.end(),
                                    [&](const Entry& entry) { return entry.item != first->item; });
    Plan(*first, *std::prev(after), book, plan, openings);
    first = after;
  }
  std::vector<Entry>().swap(entries_);
  std::ranges::sort(plan.sendings, {}, [](const Sending& sending) {
    return std::pair(sending.partition, sending.offset);
  });
  Count(openings, plan);
  OpenRounds(std::move(openings), now, plan);
  return plan;
}

void LetterIndex::Plan(const Entry& oldest, const Entry& newest, const RetryBook& book,
                       ReplayPlan& plan, std::vector<Opening>& openings) {
  const BatchId batch = BatchId::Of(newest.item);
  const std::uint32_t index = newest.item.low32() - 1;
  Sending sending{oldest.partition, oldest.offset, batch, index, 0};
  if (const BatchFact* retry = book.FindNewer(batch, index, newest.round)) {
    if (IsDispatched(*retry)) {
      plan.replayed_before += newest.taken ? 1 : 0;
      return;
    }
    sending.round = retry->round;
    plan.sendings.push_back(sending);
    ++plan.resumed;
    const auto is_same = [&](const BatchFact& fact) {
      return fact.batch == retry->batch && fact.round == retry->round &&
             fact.indexes.front() == retry->indexes.front();
    };
    if (std::ranges::none_of(plan.unfinished, is_same)) plan.unfinished.push_back(*retry);
    return;
  }
  if (!newest.taken) return;
  if (!newest.replayable) {
    ++plan.hopeless;
  } else if (newest.round >= kRoundMax) {
    ++plan.exhausted;
  } else {
    sending.round = static_cast<std::uint8_t>(newest.round + 1);
    plan.sendings.push_back(sending);
    openings.push_back({newest.item, sending.round, newest.upstream, newest.archived, newest.code,
                        newest.project});
    ++plan.items;
  }
}

void LetterIndex::Count(const std::vector<Opening>& openings, ReplayPlan& plan) const {
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
  for (const Opening& opening : openings) {
    ++counts[{names_[opening.code], names_[opening.project]}];
  }
  for (const auto& [name, items] : counts) plan.counts.push_back({name.first, name.second, items});
}

// `openings` are by item already, so their indexes ascend within a batch and round.
void LetterIndex::OpenRounds(std::vector<Opening> openings, Timestamp now, ReplayPlan& plan) const {
  std::ranges::stable_sort(openings, {}, [](const Opening& opening) {
    return std::pair(BatchId::Of(opening.item), opening.round);
  });
  for (const Opening& opening : openings) {
    const BatchId batch = BatchId::Of(opening.item);
    const bool same = !plan.rounds.empty() && plan.rounds.back().batch == batch &&
                      plan.rounds.back().round == opening.round && !IsFull(plan.rounds.back());
    if (!same) {
      plan.rounds.push_back({.kind = BatchFactKind::kRetryOpened,
                             .batch = batch,
                             .project = names_[opening.project],
                             .at = now,
                             .round = opening.round,
                             .upstream = opening.upstream,
                             .archived = opening.archived});
    }
    AddIndex(plan.rounds.back(), opening.item.low32() - 1);
  }
}

}  // namespace headrace::retry
