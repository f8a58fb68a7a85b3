#include "common/graph/ndjson_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/archive/file_name.h"
#include "common/base/log.h"
#include "common/graph/stopped.h"

namespace headrace::graph {
namespace {

// One fsync serves a chunk, so a chunk may be as large as SQLite's.
constexpr std::size_t kChunkItemsMax = 1'000;
// One being written, one ready to be.
constexpr std::size_t kChunksInFlightMax = 2;
// Files that wait to be compressed. What finds no room stays plain until the next start.
constexpr std::size_t kClosedFilesMax = 1'024;

void CompressAndLog(const std::string& path) {
  const SystemError error = CompressClosedFile(path);
  if (error == 0) return;
  log::Warn("archive_file_not_compressed", {{"file", path}, {"error", std::strerror(error)}});
}

Status PrepareDirectory(const std::string& directory) {
  const bool there = ::mkdir(directory.c_str(), 0750) == 0 || errno == EEXIST;
  struct stat info {};
  // Before the permissions: those of a file say nothing about what is wrong here.
  const bool is_file = there && ::stat(directory.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
  if (is_file) errno = ENOTDIR;
  if (there && !is_file && ::access(directory.c_str(), R_OK | W_OK | X_OK) == 0) return {};
  return Invalid("cannot keep an archive in " + directory + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<NdjsonStore>> NdjsonStore::Open(NdjsonSettings settings) {
  if (Status prepared = PrepareDirectory(settings.directory); !prepared.ok()) {
    return std::move(prepared).error();
  }
  return std::unique_ptr<NdjsonStore>(new NdjsonStore(std::move(settings)));
}

NdjsonStore::NdjsonStore(NdjsonSettings settings)
    : jobs_(kChunksInFlightMax),
      closed_(kClosedFilesMax),
      writer_(settings, clock_, [this](std::string path) { closed_.TryPush(path); }),
      compressing_([this, directory = settings.directory] { CompressFiles(directory); }),
      writing_([this] { WriteChunks(); }) {}

NdjsonStore::~NdjsonStore() { Stop(); }

StoreTraits NdjsonStore::traits() const {
  StoreTraits traits;
  traits.chunk_items_max = kChunkItemsMax;
  traits.chunk_lanes_max = kChunkItemsMax;
  traits.chunks_in_flight_max = kChunksInFlightMax;
  traits.keeps_episodes = false;
  return traits;
}

void NdjsonStore::Submit(Chunk chunk, ChunkSink& sink) {
  Job job{std::move(chunk), &sink};
  if (!jobs_.TryPush(job)) RefuseChunk(std::move(job.chunk), sink);
}

void NdjsonStore::WriteChunks() {
  while (auto job = jobs_.Pop()) {
    ChunkResult result;
    {
      MutexLock lock(mutex_);
      result = writer_.Apply(job->chunk);
    }
    job->sink->OnChunkDone(std::move(result), std::move(job->chunk));
  }
}

void NdjsonStore::CompressFiles(const std::string& directory) {
  if (const auto left = archive::ListArchive(directory); left.ok()) {
    for (const std::string& path : *left) {
      const auto name = archive::ParseFileName(path);
      // Of a file that is there twice the list has the compressed one, and the plain one is to go.
      if (name) CompressAndLog(directory + "/" + name->plain);
    }
  }
  while (auto path = closed_.Pop()) CompressAndLog(*path);
}

Result<std::vector<StoredEpisode>> NdjsonStore::Read(const EpisodeQuery&) {
  return NotFound("an NDJSON archive is not read by graph; headrace load reads it as a whole");
}

Status NdjsonStore::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  MutexLock lock(mutex_);
  if (stopped_) return StoppedError();
  return writer_.Erase(graph, incarnation);
}

void NdjsonStore::Stop() {
  jobs_.Close();
  if (writing_.joinable()) writing_.join();
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    writer_.CloseFile();
  }
  closed_.Close();
  if (compressing_.joinable()) compressing_.join();
}

}  // namespace headrace::graph
