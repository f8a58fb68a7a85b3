// An archive whose writer is killed: what was answered is loaded again, in order and once.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/archive/file_name.h"
#include "common/graph/make_store.h"
#include "tests/fakes/graph_items.h"
#include "tests/fakes/scratch_dir.h"
#include "tests/integration/graph/ndjson_loading.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItems;
using testing::GraphNamed;

constexpr std::uint32_t kChunk = 20;

void WriteAndTell(const std::string& url, const BatchId& batch, std::uint32_t first, int pipe) {
  auto store = OpenGraphStore(url);
  while (store.ok()) {
    const auto written =
        testing::WriteAll(**store, EpisodeItems(GraphNamed("g"), batch, first, kChunk));
    if (written.failed || !written.failures.empty()) return;
    first += kChunk;
    if (write(pipe, &first, sizeof first) != sizeof first) return;
  }
}

// Writes from `first` on in a process that is killed in the middle of it, some chunks later;
// returns up to where the store had answered.
std::uint32_t WriteUntilKilled(const std::string& url, const BatchId& batch, std::uint32_t first) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    WriteAndTell(url, batch, first, ends[1]);
    _exit(1);
  }
  close(ends[1]);
  std::uint32_t told = first;
  std::uint32_t next = 0;
  while (told < first + 600 && read(ends[0], &next, sizeof next) == sizeof next) told = next;
  EXPECT_GE(told, first + 600);
  EXPECT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  while (read(ends[0], &next, sizeof next) == sizeof next) told = next;
  close(ends[0]);
  return told;
}

TEST(NdjsonProcesses, WhatWasAnsweredSurvivesKillsInTheMiddleOfWriting) {
  const testing::ScratchDir dir;
  const std::string archive = dir.File("archive");
  const std::string url = "ndjson:" + archive + "?rotate-bytes=32KiB";
  const BatchId batch = BatchId::Random();
  std::uint32_t answered = 0;
  // Each successor begins below what was answered, as a redelivery does.
  for (int round = 0; round < 5; ++round) {
    answered = WriteUntilKilled(url, batch, answered - std::min(answered, 2 * kChunk));
  }
  const std::vector<std::uint32_t> indexes = LoadedIndexes(archive);
  ASSERT_GE(indexes.size(), answered);
  for (std::size_t at = 0; at < indexes.size(); ++at) ASSERT_EQ(indexes[at], at);

  // A start after the kills compresses all that was left, and nothing is lost on the way.
  ASSERT_TRUE(OpenGraphStore(url).ok());
  const auto files = headrace::archive::ListArchive(archive);
  ASSERT_TRUE(files.ok());
  for (const std::string& file : *files) {
    // A process may have died before its first line.
    EXPECT_TRUE(file.ends_with(".zst") || std::filesystem::is_empty(file)) << file;
  }
  EXPECT_EQ(LoadedIndexes(archive), indexes);
}

}  // namespace
}  // namespace headrace::graph
