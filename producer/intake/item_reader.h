// From files of JSON lines to validated items, one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/hex.h"
#include "common/base/sha256.h"
#include "common/model/archive_line.h"
#include "common/model/ids.h"
#include "common/model/item_parser.h"
#include "producer/intake/byte_source.h"
#include "producer/intake/line_reader.h"

namespace headrace::intake {

struct ItemReaderOptions {
  std::vector<std::string> paths;  // "-" is standard input
  std::string project;
  ItemLimits limits;
};

// What was read. The views stay valid until the next call.
struct ItemLine {
  std::string_view file;     // "<stdin>" for standard input; of an archive the file in it
  std::uint64_t number = 0;  // of the line in its file, from 1
  std::uint32_t index = 0;   // in the batch: the number of lines before it in all files
  std::string_view text;     // kItem: the JSON text, byte for byte, without an archive's mark
  std::string_view raw;      // kRefused and kRefusedTail: the line (or a piece) as it was
  bool raw_complete = true;  // no kRefusedTail follows
  // kItem out of an archive: where it came from. Valid until the next call.
  const ArchiveMark* archived = nullptr;
  std::string key;                 // kItem: the graph key of its destination
  std::optional<Refusal> refusal;  // kRefused
};

// Items of an archive that were passed over, because they are of other projects.
struct ForeignItems {
  std::uint64_t count = 0;
  std::vector<std::string> projects;  // the first few
  bool more_projects = false;         // than these
};

// One thread calls everything. Memory is bounded by the line limit.
class ItemReader {
 public:
  // kRefusedTail: the next piece of a refused line that is too long to be held.
  enum class Event { kItem, kRefused, kRefusedTail, kIdle, kEnd };

  ItemReader(ItemReaderOptions options, OpenSource open);
  ~ItemReader();
  ItemReader(const ItemReader&) = delete;
  ItemReader& operator=(const ItemReader&) = delete;

  // Blank lines are passed over, as are an archive's records of erases and its items of other
  // projects; they keep their number. kInvalid when an input cannot be read or
  // has more lines than a batch may hold.
  Result<Event> Next(ItemLine& line);

  std::uint64_t bytes_read() const;
  // One past the highest index so far: the number of lines.
  std::uint64_t line_count() const { return line_count_; }
  const ForeignItems& foreign() const { return foreign_; }
  // SHA-256 of what was read: of the files one after the other, a newline added where a file that
  // is not the last one ends without. For one file what sha256sum prints. Once, after kEnd.
  std::string FinishHash() { return HexOf(hash_.Finish()); }

 private:
  class HashingSource;

  Status OpenNext();
  std::optional<Event> Judge(const Line& read, ItemLine& line);
  std::optional<Event> JudgeArchived(ItemLine& line);
  Event JudgeItem(ItemLine& line);
  void CountForeign(const std::string& project);

  const ItemReaderOptions options_;
  const OpenSource open_;
  ItemParser parser_;
  Sha256 hash_;
  std::size_t next_path_ = 0;
  std::unique_ptr<HashingSource> source_;
  std::unique_ptr<LineReader> lines_;
  std::uint64_t bytes_of_closed_ = 0;
  std::uint64_t line_count_ = 0;
  Item item_;
  ArchiveLine archived_;
  ForeignItems foreign_;
};

}  // namespace headrace::intake
