// The first of a load's two passes over its files: what is in them, before anything is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "producer/intake/item_reader.h"

namespace headrace::intake {

struct ScanTotals {
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t index_end = 0;  // the number of lines, blank ones included
  std::uint64_t bytes = 0;
  std::string sha256;
  bool archived = false;  // some items come out of an archive
};

struct LoadProgress {
  std::uint64_t items = 0;  // checked (first pass) or acknowledged by Kafka
  std::uint64_t bytes = 0;  // read (first pass) or acknowledged
  std::uint64_t rejected = 0;
};

// Told what happens while a load reads and sends; on the caller's thread.
class LoadObserver {
 public:
  virtual ~LoadObserver() = default;
  // `line` is kRefused or, while raw_complete is false, followed by kRefusedTail.
  virtual void OnRefused(const ItemLine& line) = 0;
  virtual void OnRefusedTail(const ItemLine& line) = 0;
  // At least ten times a second, often more: must be cheap.
  virtual void OnProgress(const LoadProgress& progress) = 0;
};

// True when the user wants the load to end (Ctrl-C, SIGTERM).
using StopRequested = std::function<bool()>;

// Reads everything. kCancelled when `stop` says so; other errors are the reader's.
Result<ScanTotals> ScanItems(ItemReader& reader, LoadObserver& observer, const StopRequested& stop);

}  // namespace headrace::intake
