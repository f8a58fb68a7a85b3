// What every store answers to work that it cannot take any more.
#pragma once

#include "common/base/result.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// Hands the chunk back at once: nothing of it was applied, and the same chunk may be tried again.
void RefuseChunk(Chunk chunk, ChunkSink& sink);
Error StoppedError();

}  // namespace headrace::graph
