// Topics in memory with dead letters as a worker writes them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/model/item_header.h"
#include "producer/retry/replay.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::retry {

struct LetterTexts {
  std::uint8_t round = 0;
  std::string code = "store_refused";
  std::string project = "p";
  std::string topic = "items.batch";
  std::string key = "p/g/a";
  std::optional<Uuid> episode;  // the item's id unless said
  bool with_episode = true;
  std::optional<Uuid> archived;  // the episode that the item's header named
};

class LetterWorld {
 public:
  static constexpr int kPartitions = 3;

  LetterWorld() {
    for (const char* topic : {"letters", "journal", "items.batch", "items.realtime"}) {
      log.CreateTopic(topic, kPartitions);
    }
  }

  // The value says which item it is.
  void AddLetter(const BatchId& batch, std::uint32_t index, const LetterTexts& texts = {}) {
    const ItemIdHeader id{.ref = {batch, index, texts.round},
                          .accepted_at = Timestamp(std::chrono::milliseconds(1'700'000'000'123)),
                          .incarnation = 2,
                          .episode = texts.archived,
                          .skip = true};
    std::vector<std::pair<std::string, std::string>> headers{
        {std::string(kItemIdHeader), EncodeItemIdHeader(id)},
        {"headrace-project", texts.project},
        {"headrace-code", texts.code},
        {"headrace-message", "No."},
        {"headrace-attempts", "2"},
        {"headrace-origin", texts.topic + "/0/7"}};
    if (texts.with_episode) {
      headers.emplace_back(
          "headrace-episode",
          texts.archived.value_or(texts.episode.value_or(batch.ItemUuid(index))).ToString());
    }
    log.Append("letters", fakes::MemoryEventLog::PartitionOf(texts.key, kPartitions), texts.key,
               "item " + std::to_string(index), std::move(headers));
  }

  ReplayWorld Ports() {
    return {.open_letters = [this] { return Result(log.OpenConsumer({"letters"}, "", nullptr)); },
            .open_journal = [this] { return Result(log.OpenConsumer({"journal"}, "", nullptr)); },
            .open_producer = [this] { return Result(log.OpenProducer()); },
            .clock = clock,
            .stop =
                [this] {
                  clock.Advance(std::chrono::seconds(1));  // so that silence is short
                  return stop_after-- == 0;
                }};
  }

  ReplayOptions Options(LetterFilter filter = {}) const {
    return {.filter = std::move(filter),
            .items_topics = {.batch = "items.batch", .realtime = "items.realtime"},
            .journal_topic = "journal"};
  }

  ReplayPlan Plan(LetterFilter filter = {}) {
    auto plan = PlanReplay(Ports(), Options(std::move(filter)));
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    return plan.ok() ? *std::move(plan) : ReplayPlan();
  }

  std::uint64_t Replay(LetterFilter filter = {}) {
    const auto sent = ExecuteReplay(Ports(), Options(), Plan(std::move(filter)));
    EXPECT_TRUE(sent.ok()) << sent.error().message;
    return sent.ok() ? *sent : 0;
  }

  // Values of the records of a topic, by partition.
  std::vector<std::string> Values(const std::string& topic) const {
    std::vector<std::string> values;
    for (const fakes::StoredRecord& record : log.Records(topic)) values.push_back(record.value);
    return values;
  }

  fakes::ManualClock clock;
  fakes::MemoryEventLog log{clock};
  int stop_after = -1;  // calls; negative: never
};

}  // namespace headrace::retry
