// The lines of an archive's files in the order in which they were written.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/archive/file_name.h"
#include "common/model/archive_line.h"
#include "producer/intake/byte_source.h"

namespace headrace::intake {

struct ArchivedText {
  std::string_view text;              // of the line; valid until the next call
  const ArchiveMark* mark = nullptr;  // none: the line is damaged
  LinePlace place;
};

// Within a file lines stand in order already, and those of different processes are merged by their
// time. A graph that moved from one worker to another and back therefore keeps its order. A file is
// opened when its turn comes, so memory depends on how many processes wrote at the same time and
// not on how many files there are. One thread.
class ArchiveMerge {
 public:
  // `paths` are archive files, in any order; `open` gives their content, decompressed.
  ArchiveMerge(std::vector<std::string> paths, OpenSource open, std::size_t line_bytes_max);
  ~ArchiveMerge();
  ArchiveMerge(const ArchiveMerge&) = delete;
  ArchiveMerge& operator=(const ArchiveMerge&) = delete;

  // Empty at the end. An unfinished last line, which a writer that was killed has left, is none:
  // its chunk was never called stored.
  Result<std::optional<ArchivedText>> Next();

 private:
  class Stream;
  struct Waiting {
    archive::FileName name;
    std::string path;
  };

  Status OpenDue();
  std::size_t Earliest() const;

  const OpenSource open_;
  const std::size_t line_bytes_max_;
  std::deque<Waiting> waiting_;
  std::vector<std::unique_ptr<Stream>> streams_;  // each stands at a line
  std::unique_ptr<Stream> handed_out_;            // whose line the caller looks at
};

}  // namespace headrace::intake
