#include "common/graph/ndjson_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/graph/item_structure.h"
#include "common/model/archive_line.h"
#include "common/model/ids.h"

namespace headrace::graph {
namespace {

// As for SQLite: a full disk is noticed by people, not by retries.
constexpr std::chrono::milliseconds kRetryWhenFull{5'000};
// A buffer that one chunk of huge items blew up is not kept.
constexpr std::size_t kBufferBytesKept = std::size_t{4} << 20;

}  // namespace

StoreError NdjsonErrorOf(SystemError error) {
  StoreError result{StoreErrorClass::kTransient,
                    "ndjson_io",
                    std::string("NDJSON archive: ") + std::strerror(error),
                    {}};
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      result.error_class = StoreErrorClass::kThrottled;
      result.code = "ndjson_full";
      result.retry_after = kRetryWhenFull;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      result.error_class = StoreErrorClass::kFatal;
      result.code = "ndjson_permission";
      break;
    case ENOENT:
    case ENOTDIR:
      result.error_class = StoreErrorClass::kFatal;
      result.code = "ndjson_no_directory";
      break;
    default:
      break;
  }
  return result;
}

NdjsonWriter::NdjsonWriter(NdjsonSettings settings, const Clock& clock, OnClosed on_closed)
    : settings_(std::move(settings)),
      clock_(clock),
      on_closed_(std::move(on_closed)),
      writer_(Uuid::Random().low32()),
      parser_(StructureOnly()) {}

ChunkResult NdjsonWriter::Apply(const Chunk& chunk) {
  ChunkResult result;
  result.token = chunk.token;
  lines_.clear();
  const Timestamp now = NextTime();
  for (std::size_t position = 0; position < chunk.items.size(); ++position) {
    AppendItem(chunk.items[position], now, position, result);
  }
  if (const SystemError error = AppendDurably(lines_, now); error != 0) {
    result.failures.clear();
    result.error = NdjsonErrorOf(error);
  }
  if (lines_.capacity() > kBufferBytesKept) std::string().swap(lines_);
  return result;
}

// Parsed although nothing of it is needed: a line that no load takes is no archive of its item.
void NdjsonWriter::AppendItem(const WriteItem& item, Timestamp now, std::size_t position,
                              ChunkResult& result) {
  if (auto refusal = parser_.Parse(item.payload, item_)) {
    result.failures.push_back(
        {position, std::move(refusal->code), std::move(refusal->message), false});
    return;
  }
  const ArchiveMark mark{.written_at = now,
                         .graph = *item.graph,
                         .episode = item.episode,
                         .ref = item.ref,
                         .accepted_at = item.accepted_at,
                         .incarnation = item.incarnation,
                         .skip = item.skip,
                         .erased_below = {}};
  AppendArchiveLine(mark, item.payload, lines_);
}

Status NdjsonWriter::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  ArchiveMark mark;
  mark.written_at = NextTime();
  mark.graph = graph;
  mark.erased_below = incarnation;
  std::string line;
  AppendEraseLine(mark, line);
  const SystemError error = AppendDurably(line, mark.written_at);
  if (error == 0) return {};
  StoreError problem = NdjsonErrorOf(error);
  return problem.error_class == StoreErrorClass::kFatal ? Permanent(std::move(problem.message))
                                                        : Transient(std::move(problem.message));
}

SystemError NdjsonWriter::AppendDurably(std::string_view lines, Timestamp at) {
  if (lines.empty()) return 0;
  SystemError error = 0;
  if (!file_) file_ = NdjsonFile::Create(settings_.directory, at, writer_, error);
  if (!file_) return error;
  error = file_->Append(lines);
  if (file_->spoilt() || file_->size() >= settings_.rotate_bytes) CloseFile();
  return error;
}

void NdjsonWriter::CloseFile() {
  if (!file_) return;
  file_->RemoveIfEmpty();
  std::string path = file_->path();
  file_.reset();
  on_closed_(std::move(path));
}

// Rises with every use, whatever the clock does: times order what this process wrote, and no two of
// its files share a name.
Timestamp NdjsonWriter::NextTime() {
  last_time_ = std::max(clock_.WallNow(), last_time_ + std::chrono::microseconds(1));
  return last_time_;
}

}  // namespace headrace::graph
