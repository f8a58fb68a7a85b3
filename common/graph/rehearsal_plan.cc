#include "common/graph/rehearsal_plan.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "common/model/refusal_codes.h"

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;

// A chunk is done when its last item is; longer chunks would hide how long one item takes.
constexpr milliseconds kChunkWaitMax{100};
constexpr std::int64_t kDelayedItemsMax = 100;
constexpr std::size_t kDelayedChunksMax = 16'384;

bool Contains(const WriteItem& item, const std::string& text) {
  return !text.empty() && item.payload.find(text) != std::string::npos;
}

// Never too small: a graph that comes up again counts twice.
std::size_t LaneCount(const Chunk& chunk) {
  std::size_t lanes = 0;
  const GraphKey* last = nullptr;
  for (const WriteItem& item : chunk.items) {
    if (last == nullptr || !(*last == *item.graph)) ++lanes;
    last = &*item.graph;
  }
  return lanes;
}

}  // namespace

StoreTraits RehearsalTraits(const RehearsalSettings& settings, const StoreTraits& inner) {
  StoreTraits traits = inner;
  if (settings.delay.count() <= 0) return traits;
  const std::int64_t items =
      std::clamp<std::int64_t>(kChunkWaitMax / settings.delay, 1, kDelayedItemsMax);
  traits.chunk_items_max = std::min(inner.chunk_items_max, static_cast<std::size_t>(items));
  traits.chunk_lanes_max = 1;
  traits.chunks_in_flight_max = kDelayedChunksMax;
  return traits;
}

const WriteItem* FindCrash(const RehearsalSettings& settings, const Chunk& chunk) {
  const auto found =
      std::find_if(chunk.items.begin(), chunk.items.end(),
                   [&](const WriteItem& item) { return Contains(item, settings.crash_on); });
  return found == chunk.items.end() ? nullptr : &*found;
}

std::vector<DoneChunk> Split(DueChunks due, ChunkResult result, Chunk inner) {
  std::vector<DoneChunk> done;
  auto item = inner.items.begin();
  std::uint32_t duplicates = result.duplicates;
  std::sort(result.failures.begin(), result.failures.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  auto failure = result.failures.begin();
  for (WaitingChunk& part : due.parts) {
    DoneChunk own{{}, std::move(part.chunk), part.sink};
    own.result.token = own.chunk.token;
    own.result.error = result.error;
    if (!result.error) own.result.failures = std::move(part.failures);
    std::uint32_t written = 0;
    for (const std::size_t position : part.passed_on) {
      const auto inner_position = static_cast<std::size_t>(item - inner.items.begin());
      own.chunk.items[position] = std::move(*item++);
      if (failure != result.failures.end() && failure->position == inner_position) {
        failure->position = position;
        own.result.failures.push_back(std::move(*failure++));
      } else {
        ++written;
      }
    }
    own.result.duplicates = std::min(duplicates, written);
    duplicates -= own.result.duplicates;
    done.push_back(std::move(own));
  }
  return done;
}

void DelayLine::Add(Chunk chunk, ChunkSink& sink, SteadyTime now) {
  const auto count = static_cast<std::int64_t>(chunk.items.size());
  WaitingChunk waiting;
  waiting.chunk = std::move(chunk);
  waiting.sink = &sink;
  // Mostly the latest of all.
  waiting_.emplace_hint(waiting_.end(), now + settings_.delay * count, std::move(waiting));
}

std::optional<SteadyTime> DelayLine::NextDue() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::optional<DueChunks> DelayLine::TakeDue(SteadyTime now) {
  std::optional<DueChunks> due;
  std::size_t lanes = 0;
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const Chunk& next = waiting_.begin()->second.chunk;
    const std::size_t next_lanes = LaneCount(next);
    if (due && (due->inner.items.size() + next.items.size() > inner_.chunk_items_max ||
                lanes + next_lanes > inner_.chunk_lanes_max)) {
      break;
    }
    if (!due) due.emplace();
    lanes += next_lanes;
    Append(std::move(waiting_.extract(waiting_.begin()).mapped()), *due);
  }
  return due;
}

bool DelayLine::Fails(const WriteItem& item) const { return Contains(item, settings_.fail_on); }

void DelayLine::Append(WaitingChunk waiting, DueChunks& due) const {
  for (std::size_t position = 0; position < waiting.chunk.items.size(); ++position) {
    WriteItem& item = waiting.chunk.items[position];
    if (Fails(item)) {
      waiting.failures.push_back({position, std::string(codes::kRehearsedFailure),
                                  "the store URL asks for this failure (fail-on)", false});
    } else {
      waiting.passed_on.push_back(position);
      due.inner.items.push_back(std::move(item));
    }
  }
  due.parts.push_back(std::move(waiting));
}

}  // namespace headrace::graph
