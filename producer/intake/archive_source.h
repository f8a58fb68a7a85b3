// A whole archive as one input: what a load of it sends.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "producer/intake/archive_merge.h"
#include "producer/intake/byte_source.h"

namespace headrace::intake {

// Gives the lines of all files, marks included, in the order in which they were written; each
// episode once, where it was written first, and none that was erased, wherever the erase stands.
// For that it reads the files twice, and keeps an id for every line: about 40 bytes. One thread.
class ArchiveSource final : public ByteSource {
 public:
  ArchiveSource(std::vector<std::string> paths, OpenSource open, std::size_t line_bytes_max);

  // "Nothing yet" from time to time while it looks for erases, so that the caller sees a Ctrl-C.
  // At most one line at a time.
  Result<std::optional<std::size_t>> Read(std::span<char> room) override;
  std::optional<LinePlace> place() const override { return place_; }

 private:
  Result<bool> LookForErases();
  Result<bool> NextLine();
  bool IsWanted(const ArchivedText& line);
  std::unique_ptr<ArchiveMerge> OpenMerge() const;

  const std::vector<std::string> paths_;
  const OpenSource open_;
  const std::size_t line_bytes_max_;
  std::map<std::string, std::uint32_t> erased_below_;  // by graph
  std::unordered_set<Uuid, UuidHash> given_;
  bool erases_known_ = false;
  std::unique_ptr<ArchiveMerge> merge_;
  std::string line_;
  std::size_t taken_ = 0;  // of line_
  LinePlace place_;        // of line_
};

}  // namespace headrace::intake
