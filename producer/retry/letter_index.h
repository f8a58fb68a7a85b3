// Which dead letters there are, one small entry a letter, and what a replay makes of them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/model/ids.h"
#include "producer/retry/dead_letter.h"
#include "producer/retry/retry_book.h"

namespace headrace::retry {

// What a command was asked for; empty members ask for everything.
struct LetterFilter {
  std::string code;
  std::string project;
  std::optional<BatchId> batch;

  bool Takes(const DeadLetter& letter) const;
};

struct ItemsTopics {
  std::string batch;
  std::string realtime;
};

// The record that is sent again for an item: its oldest letter. All letters of an item hold the
// same record, and the oldest ones lie in the topic as their items followed each other in their
// graph, however often some of them have been tried since.
struct Sending {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  BatchId batch;
  std::uint32_t index = 0;
  std::uint8_t round = 0;  // in which it is sent
};

struct CodeCount {
  std::string code;
  std::string project;
  std::uint64_t items = 0;

  friend auto operator<=>(const CodeCount&, const CodeCount&) = default;
};

struct ReplayPlan {
  std::vector<BatchFact> rounds;      // to be opened, then marked as dispatched
  std::vector<BatchFact> unfinished;  // opened by a replay that died; to be marked, too
  std::vector<Sending> sendings;      // by partition and offset
  std::vector<CodeCount> counts;      // of what the filter takes and is new; by code and project
  std::uint64_t items = 0;            // that are new
  std::uint64_t resumed = 0;          // of `unfinished`
  std::uint64_t replayed_before = 0;  // taken by the filter, but sent again already
  std::uint64_t exhausted = 0;        // have been in the last round
  std::uint64_t hopeless = 0;         // see WhyNotReplayable
};

// Owned by one thread. About 50 bytes a letter; the letters themselves stay in Kafka.
class LetterIndex {
 public:
  LetterIndex(LetterFilter filter, ItemsTopics topics);

  void Add(const Record& record, const DeadLetter& letter);

  // An item counts with its newest letter: what the filter takes, and its round, are said there.
  // Items of unfinished rounds are sent whatever the filter says, because only whole rounds can be
  // marked. Consumes the entries.
  ReplayPlan MakePlan(const RetryBook& book, Timestamp now);

 private:
  struct Entry {
    Uuid item;
    std::int64_t offset = 0;
    std::int32_t partition = 0;
    std::uint16_t code = 0;     // place in names_
    std::uint16_t project = 0;  // place in names_
    std::uint8_t round = 0;
    bool taken = false;  // by the filter
    bool replayable = false;
    bool upstream = false;
    bool archived = false;
  };
  struct Opening;

  std::uint16_t Intern(std::string_view name);
  void Plan(const Entry& oldest, const Entry& newest, const RetryBook& book, ReplayPlan& plan,
            std::vector<Opening>& openings);
  void OpenRounds(std::vector<Opening> openings, Timestamp now, ReplayPlan& plan) const;
  void Count(const std::vector<Opening>& openings, ReplayPlan& plan) const;

  const LetterFilter filter_;
  const ItemsTopics topics_;
  std::vector<Entry> entries_;
  std::vector<std::string> names_;
};

}  // namespace headrace::retry
