#include "common/graph/rehearsal_store.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/graph/stopped.h"

namespace headrace::graph {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Chunks that are due within this are reported together; none is late by more.
constexpr microseconds kDueTogether{100};
constexpr milliseconds kIdlePause{60'000};
// While stopping, a Submit that lost the race against Stop leaves no event behind; look again.
constexpr milliseconds kStoppingPause{20};
// What the shell shows for a process that died of SIGABRT.
constexpr int kCrashExitCode = 134;

}  // namespace

// Room for every chunk that may be under way, here and behind, and for the wake-up of Stop: pushing
// never waits, which would be a deadlock when the store behind answers from within its Submit.
RehearsalStore::RehearsalStore(std::unique_ptr<GraphStore> inner, const RehearsalSettings& settings,
                               std::optional<RateBudget> budget)
    : inner_(std::move(inner)),
      settings_(settings),
      budget_(std::move(budget)),
      inner_traits_(inner_->traits()),
      traits_(RehearsalTraits(settings_, inner_traits_)),
      inbox_(traits_.chunks_in_flight_max + inner_traits_.chunks_in_flight_max + 1),
      inner_sink_(inbox_),
      thread_([this] { Run(); }) {}

RehearsalStore::~RehearsalStore() { Stop(); }

void RehearsalStore::InnerSink::OnChunkDone(ChunkResult result, Chunk chunk) {
  CHECK(inbox.Push({std::move(chunk), nullptr, std::move(result), {}}));
}

ClaimId RehearsalStore::Claim(std::string_view source) { return inner_->Claim(source); }

void RehearsalStore::Submit(Chunk chunk, ChunkSink& sink) {
  if (const WriteItem* item = FindCrash(settings_, chunk)) {
    log::Error("store_crash_rehearsed", {{"project", item->graph->project},
                                         {"batch", item->ref.batch.ToString()},
                                         {"index", item->ref.index},
                                         {"exit_code", kCrashExitCode}});
    std::_Exit(kCrashExitCode);
  }
  if (budget_) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (auto wait = budget_->Take(chunk.items.size(), now)) {
      ChunkResult refused;
      refused.token = chunk.token;
      refused.error = StoreError{StoreErrorClass::kThrottled, "rehearsed_throttling",
                                 "the store URL asks for this rate", *wait};
      return sink.OnChunkDone(std::move(refused), std::move(chunk));
    }
  }
  if (++under_way_ > traits_.chunks_in_flight_max || stopping_) {
    --under_way_;
    return RefuseChunk(std::move(chunk), sink);
  }
  CHECK(inbox_.Push({std::move(chunk), &sink, std::nullopt, std::chrono::steady_clock::now()}));
}

Result<std::vector<StoredEpisode>> RehearsalStore::Read(const EpisodeQuery& query) {
  return inner_->Read(query);
}

Status RehearsalStore::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  return inner_->Erase(graph, incarnation);
}

void RehearsalStore::Stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    CHECK(inbox_.Push({}));
    thread_.join();
  }
  inner_->Stop();
}

void RehearsalStore::Run() {
  Loop loop{DelayLine(settings_, inner_traits_), {}, 0};
  std::vector<Event> more;
  while (!stopping_ || under_way_ > 0) {
    // While chunks wait, an event is no reason to wake up: thousands a second would be.
    if (loop.waiting.NextDue()) std::this_thread::sleep_for(kDueTogether);
    if (auto event = inbox_.PopFor(PauseOf(loop))) Handle(*std::move(event), loop);
    more.clear();
    inbox_.DrainInto(more);
    for (Event& event : more) Handle(std::move(event), loop);
    while (loop.in_store.size() < inner_traits_.chunks_in_flight_max) {
      auto due = loop.waiting.TakeDue(std::chrono::steady_clock::now());
      if (!due) break;
      PassOn(*std::move(due), loop);
    }
  }
}

microseconds RehearsalStore::PauseOf(const Loop& loop) const {
  microseconds pause = stopping_ ? kStoppingPause : kIdlePause;
  const auto due = loop.waiting.NextDue();
  if (!due || loop.in_store.size() >= inner_traits_.chunks_in_flight_max) return pause;
  const auto left = std::chrono::ceil<microseconds>(*due - std::chrono::steady_clock::now());
  return std::clamp(left, microseconds(0), pause);
}

void RehearsalStore::Handle(Event event, Loop& loop) {
  if (event.sink != nullptr) {
    loop.waiting.Add(std::move(event.chunk), *event.sink, event.at);
  } else if (event.done) {
    auto found = loop.in_store.extract(event.done->token);
    CHECK(!found.empty());
    Report(Split(std::move(found.mapped()), *std::move(event.done), std::move(event.chunk)));
  }
}

void RehearsalStore::PassOn(DueChunks due, Loop& loop) {
  if (due.inner.items.empty()) return Report(Split(std::move(due), {}, {}));
  Chunk inner = std::move(due.inner);
  inner.token = ++loop.last_token;
  loop.in_store.emplace(inner.token, std::move(due));
  inner_->Submit(std::move(inner), inner_sink_);
}

void RehearsalStore::Report(std::vector<DoneChunk> done) {
  for (DoneChunk& chunk : done) {
    // First, because the sink's owner may submit its next chunk at once.
    --under_way_;
    chunk.sink->OnChunkDone(std::move(chunk.result), std::move(chunk.chunk));
  }
}

}  // namespace headrace::graph
