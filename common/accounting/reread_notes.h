// What the projector reads again, told by topic.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace headrace::accounting {

// Partitions find out one by one that the outcome store does not know what it was told of them,
// though an emptied store is one event: so they are counted here, and one line a topic tells it.
// Owned by the projector's thread.
class RereadNotes {
 public:
  // The offsets of a partition between which it is read.
  struct Reread {
    std::int64_t reached = 0;  // up to here the store had been told
    std::int64_t next = 0;     // from here it knows nothing
    std::int64_t end = 0;      // of the log
    bool from_start = false;   // the store knows nothing of the partition
  };

  // True if the store lost something.
  bool Add(const std::string& topic, const Reread& reread);
  // Into the log; then nothing is noted any more.
  void Tell();

 private:
  struct Sum {
    std::int64_t partitions = 0;
    std::int64_t from_start = 0;
    std::int64_t records_max = 0;  // retention may have removed some
  };

  std::map<std::string, Sum> lost_;   // by topic
  std::map<std::string, Sum> first_;  // what nobody had told the store before
};

}  // namespace headrace::accounting
