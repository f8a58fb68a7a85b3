// Several processes and one file: what was answered is there, whatever happens to who wrote it.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>

#include "common/graph/make_store.h"
#include "tests/fakes/collecting_sink.h"
#include "tests/fakes/graph_items.h"
#include "tests/fakes/scratch_dir.h"
#include "tests/integration/graph/processes.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItems;
using testing::GraphNamed;

std::vector<StoredEpisode> ReadAll(const std::string& url, const GraphKey& graph) {
  auto store = OpenGraphStore(url);
  EXPECT_TRUE(store.ok());
  auto episodes = (*store)->Read({graph, "", 0, 1'000'000});
  return episodes.ok() ? *std::move(episodes) : std::vector<StoredEpisode>();
}

// Writes small chunks for ever and tells of each, through the pipe, once the store has answered.
bool WriteAndTell(const std::string& url, const BatchId& batch, int pipe) {
  auto store = OpenGraphStore(url);
  if (!store.ok()) return false;
  for (std::uint32_t first = 0;; first += 20) {
    const auto written =
        testing::WriteAll(**store, EpisodeItems(GraphNamed("g"), batch, first, 20));
    if (written.failed || !written.failures.empty()) return false;
    const std::uint32_t told = first + 20;
    if (write(pipe, &told, sizeof told) != sizeof told) return false;
  }
}

TEST(SqliteProcesses, WhatWasAnsweredSurvivesKillInTheMiddleOfWriting) {
  const testing::ScratchDir dir;
  const std::string url = "sqlite:" + dir.File("graph.db");
  const BatchId batch = BatchId::Random();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = InChild([&] {
    close(ends[0]);
    return WriteAndTell(url, batch, ends[1]);
  });
  close(ends[1]);
  std::uint32_t told = 0;
  std::uint32_t last_told = 0;
  while (last_told < 2'000 && read(ends[0], &told, sizeof told) == sizeof told) last_told = told;
  EXPECT_GE(last_told, 2'000u);
  EXPECT_EQ(kill(child, SIGKILL), 0);
  EXPECT_TRUE(WIFSIGNALED(StatusOf(child)));
  while (read(ends[0], &told, sizeof told) == sizeof told) last_told = told;
  close(ends[0]);

  const auto episodes = ReadAll(url, GraphNamed("g"));
  EXPECT_GE(episodes.size(), last_told);
  EXPECT_EQ(episodes.size() % 20, 0u) << "a chunk is there as a whole or not at all";
  for (std::size_t at = 0; at < episodes.size(); ++at) {
    ASSERT_EQ(episodes[at].seq, static_cast<std::int64_t>(at) + 1);
    ASSERT_EQ(episodes[at].ref.index, at);
  }
}

// Runs `work(number)` in `count` processes that start at the same moment; true when all succeed.
bool AllAtOnce(std::uint32_t count, const std::function<bool(std::uint32_t)>& work) {
  int gate[2];
  if (pipe(gate) != 0) return false;
  std::vector<pid_t> children;
  for (std::uint32_t number = 0; number < count; ++number) {
    children.push_back(InChild([&] {
      // The end of the pipe, when the last writer closes it, is the starting signal.
      close(gate[1]);
      char none = 0;
      return read(gate[0], &none, 1) == 0 && work(number);
    }));
  }
  close(gate[0]);
  close(gate[1]);
  bool all = true;
  for (const pid_t child : children) all = StatusOf(child) == 0 && all;
  return all;
}

TEST(SqliteProcesses, AnyNumberMayCreateOneFile) {
  for (int round = 0; round < 12; ++round) {
    const testing::ScratchDir dir;
    const std::string url = "sqlite:" + dir.File("graph.db");
    EXPECT_TRUE(AllAtOnce(6, [&](std::uint32_t) {
      auto store = OpenGraphStore(url);
      if (!store.ok()) fprintf(stderr, "%s\n", store.error().message.c_str());
      return store.ok();
    }));
  }
}

TEST(SqliteProcesses, FourWriteOneGraphOfOneNewFile) {
  constexpr std::uint32_t kProcesses = 4;
  constexpr std::uint32_t kItems = 300;
  const testing::ScratchDir dir;
  const std::string url = "sqlite:" + dir.File("graph.db");
  std::vector<BatchId> batches;
  for (std::uint32_t process = 0; process < kProcesses; ++process) {
    batches.push_back(BatchId::Random());
  }
  EXPECT_TRUE(AllAtOnce(kProcesses, [&](std::uint32_t process) {
    auto store = OpenGraphStore(url);
    bool good = store.ok();
    for (std::uint32_t first = 0; good && first < kItems; first += 5) {
      const auto written = testing::WriteAll(
          **store, EpisodeItems(GraphNamed("shared"), batches[process], first, 5));
      good = !written.failed && written.failures.empty();
    }
    return good;
  }));
  std::map<BatchId, std::uint32_t> next;
  std::int64_t seq = 0;
  for (const StoredEpisode& episode : ReadAll(url, GraphNamed("shared"))) {
    ASSERT_EQ(episode.seq, ++seq);
    ASSERT_EQ(episode.ref.index, next[episode.ref.batch]++);
  }
  EXPECT_EQ(seq, kProcesses * kItems);
}

}  // namespace
}  // namespace headrace::graph
