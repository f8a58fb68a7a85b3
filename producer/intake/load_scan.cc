#include "producer/intake/load_scan.h"

namespace headrace::intake {
namespace {

// Looking at the clock and the stop flag for every line would cost more than the line.
constexpr std::uint64_t kLinesPerLook = 256;

}  // namespace

Result<ScanTotals> ScanItems(ItemReader& reader, LoadObserver& observer,
                             const StopRequested& stop) {
  ScanTotals totals;
  ItemLine line;
  std::uint64_t events = 0;
  const auto tell = [&] {
    observer.OnProgress(
        {.items = totals.accepted, .bytes = reader.bytes_read(), .rejected = totals.rejected});
  };
  while (true) {
    const Result<ItemReader::Event> event = reader.Next(line);
    if (!event.ok()) return event.error();
    switch (*event) {
      case ItemReader::Event::kItem:
        ++totals.accepted;
        totals.archived = totals.archived || line.archived != nullptr;
        break;
      case ItemReader::Event::kRefused:
        ++totals.rejected;
        observer.OnRefused(line);
        break;
      case ItemReader::Event::kRefusedTail:
        observer.OnRefusedTail(line);
        break;
      case ItemReader::Event::kIdle:
        break;
      case ItemReader::Event::kEnd:
        tell();
        totals.index_end = reader.line_count();
        totals.bytes = reader.bytes_read();
        totals.sha256 = reader.FinishHash();
        return totals;
    }
    if (++events % kLinesPerLook == 0 || *event == ItemReader::Event::kIdle) {
      if (stop()) return Cancelled("interrupted");
      tell();
    }
  }
}

}  // namespace headrace::intake
