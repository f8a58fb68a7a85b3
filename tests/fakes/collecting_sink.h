// Keeps the results of chunks and lets a test wait for them.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/ports/graph_store.h"

namespace headrace::testing {

struct DoneChunk {
  ChunkResult result;
  Chunk chunk;
};

class CollectingSink final : public ChunkSink {
 public:
  void OnChunkDone(ChunkResult result, Chunk chunk) override {
    MutexLock lock(mutex_);
    done_.push_back({std::move(result), std::move(chunk)});
    more_.notify_all();
  }

  // Waits until `count` chunks are done and takes all that are.
  std::vector<DoneChunk> Take(std::size_t count) {
    MutexLock lock(mutex_);
    while (done_.size() < count) more_.wait(mutex_);
    return std::exchange(done_, {});
  }

  std::size_t size() const {
    MutexLock lock(mutex_);
    return done_.size();
  }

 private:
  mutable Mutex mutex_;
  CondVar more_;
  std::vector<DoneChunk> done_ GUARDED_BY(mutex_);
};

}  // namespace headrace::testing
