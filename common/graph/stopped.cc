#include "common/graph/stopped.h"

#include <utility>

namespace headrace::graph {

void RefuseChunk(Chunk chunk, ChunkSink& sink) {
  ChunkResult result;
  result.token = chunk.token;
  result.error = StoreError{StoreErrorClass::kTransient,
                            "store_not_taking",
                            "the store is stopping or has as many chunks as it can hold",
                            {}};
  sink.OnChunkDone(std::move(result), std::move(chunk));
}

Error StoppedError() { return Cancelled("the store is stopped"); }

}  // namespace headrace::graph
