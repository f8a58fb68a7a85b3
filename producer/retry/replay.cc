// How a replay works, and why.
//
// 1. The letters are read to their end, then the journal: a round that another replay opens
//    meanwhile is then known, and an item whose round was opened and dispatched is left alone.
// 2. The rounds are opened in the journal and acknowledged before the first item is produced.
//    Workers know implicit batches by them, and the counters never show a batch as ended while some
//    of its items are on their way again.
// 3. The letters are read a second time and sent as they come, so that their payloads never pile
//    up. A graph's letters lie in one partition, because a letter has its item's key, and the
//    oldest letters of its items in the order of the items.
// 4. When all items are acknowledged, the facts of step 2 are written again under the same keys,
//    saying so. A replay that dies before this point leaves rounds that are opened and not
//    dispatched; the next replay sends all their items again, in the same round. An item that
//    arrives twice in a round counts once.
#include "producer/retry/replay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/model/item_header.h"
#include "producer/intake/topic_scan.h"
#include "producer/retry/acknowledged_writer.h"

namespace headrace::retry {
namespace {

using intake::ReadToEnd;
using intake::TopicScan;

TopicScan LettersScan(const ReplayOptions& options) {
  return {.name = "the dead-letter topic",
          .silence_max = options.silence_max,
          .may_end_in_silence = true};
}

Status ReadLetters(const ReplayWorld& world, const ReplayOptions& options,
                   const std::function<Status(const Record&, const DeadLetter&)>& visit) {
  auto letters = world.open_letters();
  if (!letters.ok()) return std::move(letters).error();
  return ReadToEnd(**letters, LettersScan(options), world.clock, world.stop,
                   [&](const Record& record) -> Status {
                     const Result<DeadLetter> letter = ReadDeadLetter(record);
                     return letter.ok() ? visit(record, *letter) : Status();
                   });
}

Status WriteFacts(AcknowledgedWriter& writer, const ReplayOptions& options,
                  std::vector<BatchFact> facts, bool dispatched) {
  for (BatchFact& fact : facts) {
    if (dispatched) fact.dispatched = fact.item_count;
    const Status written = writer.Write({.topic = options.journal_topic,
                                         .key = BatchFactKey(fact),
                                         .value = EncodeBatchFact(fact),
                                         .headers = {}});
    if (!written.ok()) return written;
  }
  return writer.Settle();
}

Status SendAgain(AcknowledgedWriter& writer, const Record& record, const DeadLetter& letter,
                 std::uint8_t round) {
  ItemIdHeader id = letter.id;
  id.ref.round = round;
  id.again = true;  // a replay that was interrupted is finished by sending some items twice
  if (IsUpstream(letter)) id.episode = letter.episode;
  const std::string text = EncodeItemIdHeader(id);
  const std::array<Header, 1> headers{{{.name = kItemIdHeader, .value = text}}};
  const std::string topic(letter.origin_topic);
  return writer.Write(
      {.topic = topic, .key = record.key, .value = record.value, .headers = headers});
}

// The sending that stands at the record's place; null when there is none.
const Sending* Find(const ReplayPlan& plan, const Record& record, const DeadLetter& letter) {
  const std::pair place(record.source.partition, record.offset);
  const auto found = std::ranges::lower_bound(plan.sendings, place, {}, [](const Sending& sending) {
    return std::pair(sending.partition, sending.offset);
  });
  if (found == plan.sendings.end() || found->partition != place.first) return nullptr;
  const bool same = found->offset == place.second && found->batch == letter.id.ref.batch &&
                    found->index == letter.id.ref.index;
  return same ? &*found : nullptr;
}

}  // namespace

Result<ReplayPlan> PlanReplay(const ReplayWorld& world, const ReplayOptions& options) {
  LetterIndex index(options.filter, options.items_topics);
  const Status read =
      ReadLetters(world, options, [&](const Record& record, const DeadLetter& letter) {
        index.Add(record, letter);
        return Status();
      });
  if (!read.ok()) return read.error();
  auto journal = world.open_journal();
  if (!journal.ok()) return std::move(journal).error();
  RetryBook book;
  const Status known = ReadToEnd(**journal, {.name = "the journal"}, world.clock, world.stop,
                                 [&](const Record& record) { return book.Take(record); });
  if (!known.ok()) return known.error();
  return index.MakePlan(book, world.clock.WallNow());
}

Result<std::uint64_t> ExecuteReplay(const ReplayWorld& world, const ReplayOptions& options,
                                    const ReplayPlan& plan) {
  auto producer = world.open_producer();
  if (!producer.ok()) return std::move(producer).error();
  AcknowledgedWriter writer(**producer, world.clock, options.delivery_timeout, world.stop);
  Status status = WriteFacts(writer, options, plan.rounds, false);
  if (!status.ok()) return std::move(status).error();
  std::uint64_t sent = 0;
  status = ReadLetters(world, options, [&](const Record& record, const DeadLetter& letter) {
    const Sending* sending = Find(plan, record, letter);
    if (sending == nullptr) return Status();
    ++sent;
    return SendAgain(writer, record, letter, sending->round);
  });
  if (status.ok()) status = writer.Settle();
  if (status.ok()) status = WriteFacts(writer, options, plan.rounds, true);
  if (status.ok()) status = WriteFacts(writer, options, plan.unfinished, true);
  if (!status.ok()) return std::move(status).error();
  return sent;
}

}  // namespace headrace::retry
