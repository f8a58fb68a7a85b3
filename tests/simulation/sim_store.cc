#include "tests/simulation/sim_store.h"

#include <algorithm>
#include <utility>

namespace headrace::simulation {
namespace {

using std::chrono::milliseconds;

StoreError ErrorOf(StoreErrorClass error_class, const char* code) {
  return {.error_class = error_class, .code = code, .message = "asked for by the simulation"};
}

// As the worker names it.
std::string SourceOf(const WriteItem& item) {
  return kClusterId + "/" + kItemsTopic + "/" +
         std::to_string(ItemBook::PlaceOf(item.payload).partition);
}

}  // namespace

ClaimId SimStore::Claim(std::string_view source) {
  Host::Call(&host_);
  return undrawn_[std::string(source)] = stage_.fence.NewClaim();
}

void SimStore::Submit(Chunk chunk, ChunkSink& sink) {
  Host::Call(&host_);
  stage_.trace.Note("try", {{"worker", host_.incarnation()},
                            {"chunk", static_cast<std::int64_t>(chunk.token)},
                            {"items", static_cast<std::int64_t>(chunk.items.size())},
                            {"first", chunk.items.front().ref.index}});
  stage_.checker.Tried(host_, chunk);
  pace_.Begins(chunk);
  // What ends a process often takes its time.
  const int rate = EndsProcess(chunk) ? 10 * stage_.plan.rates.late : stage_.plan.rates.late;
  const bool late = stage_.Strikes(rate);
  Underway underway{.chunk = std::move(chunk), .sink = &sink, .begun_at = stage_.trace.now()};
  underway.due =
      stage_.clock.Now() + milliseconds(late ? stage_.random.Between(300, 5'000)
                                             : stage_.random.Between(0, stage_.faults ? 30 : 3));
  underway_.push_back(std::move(underway));
  if (!late && stage_.random.Chance(50)) Progress();  // some stores answer at once
  Host::Call(&host_);
}

// What the database was given before, it applies or not.
void SimStore::Stop() {
  for (Underway& underway : underway_) {
    if (underway.result || EndsProcess(underway.chunk) || !stage_.random.Chance(500)) continue;
    underway.result = Execute(underway);
  }
  underway_.clear();
}

void SimStore::Progress() {
  if (!undrawn_.empty() && stage_.clock.Now() >= stage_.store_out_until &&
      stage_.random.Chance(50)) {
    DrawClaims();
  }
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < underway_.size(); ++i) {
    if (underway_[i].due <= stage_.clock.Now()) due.push_back(i);
  }
  if (due.empty()) return;
  const std::size_t pick = due[stage_.random.Below(due.size())];
  Underway& chosen = underway_[pick];
  if (!chosen.result) {
    if (EndsProcess(chosen.chunk)) return host_.Die();
    chosen.result = Execute(chosen);
    if (stage_.faults && stage_.random.Chance(500)) return;  // the answer is on its way
  }
  Underway done = std::move(chosen);
  underway_.erase(underway_.begin() + static_cast<std::ptrdiff_t>(pick));
  stage_.trace.Note(
      "answer",
      {{"worker", host_.incarnation()},
       {"chunk", static_cast<std::int64_t>(done.chunk.token)},
       {"error", done.result->error ? 1 + static_cast<int>(done.result->error->error_class) : 0}});
  stage_.checker.Answered(host_, *done.result, done.chunk);
  done.sink->OnChunkDone(std::move(*done.result), std::move(done.chunk));
}

bool SimStore::EndsProcess(const Chunk& chunk) const {
  return std::ranges::any_of(chunk.items, [&](const WriteItem& item) {
    return stage_.items.At(ItemBook::PlaceOf(item.payload)).deadly;
  });
}

void SimStore::DrawClaims() {
  for (const auto& [source, claim] : std::exchange(undrawn_, {})) stage_.fence.Draw(source, claim);
}

ChunkResult SimStore::Execute(const Underway& underway) {
  ChunkResult result;
  result.error = FindTrouble(underway.chunk);
  if (!result.error) {
    result = Apply(underway);
    if (!result.error && stage_.Strikes(stage_.plan.rates.applied_unknown)) {
      result = {.error = ErrorOf(StoreErrorClass::kTransient, kTrouble)};
    }
  }
  result.token = underway.chunk.token;
  return result;
}

std::optional<StoreError> SimStore::FindTrouble(const Chunk& chunk) {
  const FaultRates& rates = stage_.plan.rates;
  if (stage_.clock.Now() < stage_.store_out_until) {
    return ErrorOf(StoreErrorClass::kTransient, kTrouble);
  }
  DrawClaims();
  // A store that fences does so also when all is well otherwise.
  const bool fenced = stage_.plan.fences && std::ranges::any_of(chunk.items, [&](const auto& item) {
                        return !stage_.fence.Holds(SourceOf(item), item.claim);
                      });
  if (fenced) return ErrorOf(StoreErrorClass::kFenced, "fenced");
  if (!stage_.faults) return std::nullopt;
  if (stage_.Strikes(rates.throttled)) {
    StoreError error = ErrorOf(StoreErrorClass::kThrottled, "throttled");
    if (stage_.random.Chance(500)) error.retry_after = milliseconds(stage_.random.Between(0, 200));
    return error;
  }
  if (stage_.Strikes(rates.fatal)) return ErrorOf(StoreErrorClass::kFatal, "fatal");
  if (stage_.Strikes(rates.transient)) return ErrorOf(StoreErrorClass::kTransient, kTrouble);
  const bool stubborn = std::ranges::any_of(chunk.items, [&](const WriteItem& item) {
    return stage_.items.At(ItemBook::PlaceOf(item.payload)).stubborn;
  });
  if (stubborn) return ErrorOf(StoreErrorClass::kTransient, kTrouble);
  return std::nullopt;
}

// And by none that gave the partition away since then and got it back.
bool SimStore::BegunByOwner(const Underway& underway, std::int32_t partition) const {
  return stage_.Owns(host_, partition) && host_.given_at.at(partition) < underway.begun_at;
}

ChunkResult SimStore::Apply(const Underway& underway) {
  const Chunk& chunk = underway.chunk;
  ChunkResult result;
  for (std::size_t i = 0; i < chunk.items.size(); ++i) {
    if (!stage_.items.At(ItemBook::PlaceOf(chunk.items[i].payload)).bad) continue;
    if (!stage_.plan.names_items) return {.error = ErrorOf(StoreErrorClass::kItem, kBadItem)};
    result.failures.push_back({i, kBadItem, "asked for by the simulation", false});
  }
  std::size_t next_failure = 0;
  for (std::size_t i = 0; i < chunk.items.size(); ++i) {
    if (next_failure < result.failures.size() && result.failures[next_failure].position == i) {
      ++next_failure;
      continue;
    }
    const std::int32_t partition = ItemBook::PlaceOf(chunk.items[i].payload).partition;
    stage_.checker.Stored(chunk.items[i], BegunByOwner(underway, partition));
  }
  return result;
}

}  // namespace headrace::simulation
