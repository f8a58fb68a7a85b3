// Sends dead letters again; the protocol is explained in replay.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/ports/event_log.h"
#include "producer/intake/load_scan.h"
#include "producer/retry/letter_index.h"

namespace headrace::retry {

struct ReplayWorld {
  // Private readers of the dead-letter topic and of the journal.
  std::function<Result<std::unique_ptr<EventConsumer>>()> open_letters;
  std::function<Result<std::unique_ptr<EventConsumer>>()> open_journal;
  std::function<Result<std::unique_ptr<EventProducer>>()> open_producer;
  const Clock& clock;
  intake::StopRequested stop;
};

struct ReplayOptions {
  LetterFilter filter;
  ItemsTopics items_topics;
  std::string journal_topic;
  std::chrono::milliseconds delivery_timeout{120'000};
  std::chrono::milliseconds silence_max{5'000};
};

// Reads letters and journal; changes nothing.
Result<ReplayPlan> PlanReplay(const ReplayWorld& world, const ReplayOptions& options);

// Answers how many items were sent. Fewer than planned were only if retention deleted letters in
// between. Whatever ends it early, planning and executing again resumes it.
Result<std::uint64_t> ExecuteReplay(const ReplayWorld& world, const ReplayOptions& options,
                                    const ReplayPlan& plan);

}  // namespace headrace::retry
