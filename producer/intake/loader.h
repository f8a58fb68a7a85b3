// Sends the items of one load to Kafka. The protocol is explained in loader.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/model/archive_line.h"
#include "common/model/item_header.h"
#include "common/ports/event_log.h"
#include "producer/intake/load_journal.h"
#include "producer/intake/load_scan.h"

namespace headrace::intake {

struct LoadPlan {
  BatchId batch;
  std::string project;
  std::string metadata;              // JSON object or empty
  std::optional<ScanTotals> totals;  // from the first pass; absent when there can be only one
  KnownFacts known;                  // of a replayed batch
  bool strict = false;               // without totals: stop at the first refused line
};

struct LoaderOptions {
  std::string items_topic;
  std::string journal_topic;
  std::size_t window_items_max = 5'000;
  std::size_t window_bytes_max = 4u << 20;
  std::chrono::milliseconds window_age_max{500};
  // Kept below the producer's own bounds, so that waiting happens here, where Ctrl-C is seen.
  std::size_t in_flight_items_max = 20'000;
  std::size_t in_flight_bytes_max = 16u << 20;
  std::chrono::milliseconds delivery_timeout{120'000};  // without any acknowledgement
  std::chrono::milliseconds drain_timeout{10'000};      // after an interrupt
};

enum class LoadEnd {
  kSealed,           // everything is in Kafka and the batch is complete
  kNothing,          // not one acceptable item: no batch was opened
  kRefusedStrictly,  // strict: stopped at a refused line; what was sent before it is sealed
  kInterrupted,      // stopped by the user; the batch stays unsealed
  kDeliveryFailed,   // Kafka did not take something; the batch stays unsealed
  kInputFailed,      // the input could not be read; the batch stays unsealed
  kInputChanged,     // the second pass did not see what the first one saw; unsealed
};

struct LoadReport {
  LoadEnd end = LoadEnd::kNothing;
  std::string problem;          // a sentence, for the last four
  bool opened = false;          // the batch exists
  bool archived = false;        // its items come out of an archive
  std::uint64_t delivered = 0;  // items that Kafka acknowledged
  std::uint64_t bytes = 0;      // of these
  std::uint64_t rejected = 0;   // refused lines
};

// One thread; used for one load. Never holds more than a window beside what is in flight.
class Loader {
 public:
  Loader(EventProducer& producer, const Clock& clock, LoaderOptions options, LoadPlan plan,
         LoadObserver& observer, StopRequested stop);

  LoadReport Run(ItemReader& reader);

 private:
  struct Pending {
    std::uint32_t index;
    std::string key;
    std::string value;
    std::optional<ArchiveMark> archived;
  };

  // Each returns false when the load cannot go on; end_ and report_.problem say why.
  bool Take(ItemReader& reader);
  bool Add(ItemLine& line);
  void StopIfStrict(const ItemLine& line);
  bool SendWindow();
  bool SendItem(const Pending& item);
  ItemIdHeader HeaderOf(const Pending& item) const;
  bool IsOfArchive() const;
  bool Open();
  bool Seal(ItemReader& reader);
  bool MatchesFirstPass(const ScanTotals& now);
  BatchFact NewFact(BatchFactKind kind) const;
  bool SendFact(const BatchFact& fact, bool wait);
  bool WaitUntilInFlightBelow(std::size_t items, std::size_t bytes);
  bool Poll(std::chrono::milliseconds timeout);
  void NoteSending();
  bool Fail(LoadEnd end, std::string problem);
  void Drain();

  EventProducer& producer_;
  const Clock& clock_;
  const LoaderOptions options_;
  const LoadPlan plan_;
  LoadObserver& observer_;
  const StopRequested stop_;
  LoadReport report_;

  struct Window {
    std::vector<Pending> items;  // the first `count` are in use; their memory is used again
    std::size_t count = 0;
    std::size_t bytes = 0;
    SteadyTime since{};
  } window_;
  struct InFlight {
    std::size_t items = 0;
    std::size_t bytes = 0;
    std::size_t facts = 0;
    SteadyTime last_progress{};  // something was acknowledged, or the first thing was sent
  } in_flight_;
  std::uint64_t sent_ = 0;
  bool input_ended_ = false;
  std::vector<Delivery> deliveries_;
};

}  // namespace headrace::intake
