// One open file of an NDJSON archive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace headrace::graph {

// What went wrong, as the system counts errors; 0 is nothing.
using SystemError = int;

// A file that this process alone appends to: it holds the file's lock as long as it is open, which
// tells other processes that its last line may be unfinished. One thread.
class NdjsonFile {
 public:
  // Creates it; its name is durable when this returns. Null and `error` set when that fails.
  static std::unique_ptr<NdjsonFile> Create(const std::string& directory, Timestamp begun_at,
                                            std::uint32_t writer, SystemError& error);
  ~NdjsonFile();
  NdjsonFile(const NdjsonFile&) = delete;
  NdjsonFile& operator=(const NdjsonFile&) = delete;

  // Appends whole lines and returns when they are on the disk, or nothing.
  SystemError Append(std::string_view lines);
  // After an error that leaves open what the file holds: nothing more may be appended.
  bool spoilt() const { return spoilt_; }
  // Of what is known to be durable.
  std::uint64_t size() const { return size_; }
  // A file that was never written leaves no trace.
  void RemoveIfEmpty();
  const std::string& path() const { return path_; }

 private:
  NdjsonFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  const int fd_;
  const std::string path_;
  std::uint64_t size_ = 0;
  bool spoilt_ = false;
};

// Makes names that were created, renamed or removed in the directory durable.
SystemError SyncDirectory(const std::string& directory);

// Turns a file that nobody writes any more into its compressed form: cuts an unfinished last line,
// compresses under another name, makes that durable, renames it and only then removes the plain
// file. So whenever this dies, the plain or the whole compressed file is there, or both. Leaves a
// file alone whose lock another process has, and an empty one, which may be about to get its first
// line. May be called for one file by any number of processes.
SystemError CompressClosedFile(const std::string& path);

}  // namespace headrace::graph
