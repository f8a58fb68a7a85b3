// Chunks and erases as lines of an archive.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/graph/ndjson_file.h"
#include "common/model/item_parser.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

struct NdjsonSettings {
  std::string directory;
  std::uint64_t rotate_bytes = std::uint64_t{256} << 20;  // of a plain file, when it is closed
};

// Owns the file that this process appends to, and begins another when that is full or was spoilt by
// an error. One thread at a time.
class NdjsonWriter {
 public:
  // Gets the path of every file that will not be appended to any more.
  using OnClosed = std::function<void(std::string path)>;

  NdjsonWriter(NdjsonSettings settings, const Clock& clock, OnClosed on_closed);

  ChunkResult Apply(const Chunk& chunk);
  Status Erase(const GraphKey& graph, std::uint32_t incarnation);
  void CloseFile();

 private:
  SystemError AppendDurably(std::string_view lines, Timestamp at);
  void AppendItem(const WriteItem& item, Timestamp now, std::size_t position, ChunkResult& result);
  Timestamp NextTime();

  const NdjsonSettings settings_;
  const Clock& clock_;
  const OnClosed on_closed_;
  const std::uint32_t writer_;
  ItemParser parser_;
  Item item_;
  std::string lines_;
  Timestamp last_time_{};
  std::unique_ptr<NdjsonFile> file_;
};

// What a system error asks of the worker.
StoreError NdjsonErrorOf(SystemError error);

}  // namespace headrace::graph
