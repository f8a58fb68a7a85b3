#include "worker/store_pace.h"

#include <algorithm>

namespace headrace::worker {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kPaceCut = 0.9;
constexpr double kWindowCut = 0.7;
constexpr double kWindowChunks = 20;  // applied for one more at once
constexpr double kRecovery = 1.5;     // a chunk, up to the proven pace
constexpr double kProvenCut = 0.8;
constexpr double kPaceMin = 0.5;
constexpr double kFirstPace = 100;  // at least, when nothing has been applied yet
constexpr double kChunkSeconds = 0.1;
// What a refusal took has grown back after so long, or after so many items if that is longer: it is
// what keeps refusals rare.
constexpr double kGrowSeconds = 6;
constexpr double kGrowItems = 30;
// A loop that comes late for a chunk catches up by so much.
constexpr std::chrono::milliseconds kLatenessMax{100};
constexpr double kCalmSeconds = 30;
constexpr double kFarAbove = 4;

SteadyTime::duration ToDuration(double seconds) {
  return std::chrono::duration_cast<SteadyTime::duration>(Seconds(seconds));
}

bool IsThrottled(const ChunkResult& result) {
  return result.error && result.error->error_class == StoreErrorClass::kThrottled;
}

}  // namespace

std::size_t StorePace::ChunkItems() const {
  return std::max<std::size_t>(1, static_cast<std::size_t>(pace_.items_per_second * kChunkSeconds));
}

std::size_t StorePace::ThrottledAllowance(std::size_t chunks_in_flight, SteadyTime now) {
  if (now < pace_.next_chunk) {
    window_.binds = false;
    return 0;
  }
  // Those of before the refusal do not count: they may take long, and say nothing new.
  if (probing_ && chunks_in_flight > stale_) return 0;
  if (chunks_in_flight >= static_cast<std::size_t>(window_.chunks)) {
    window_.binds = true;
    return 0;
  }
  return ChunkItems();
}

void StorePace::Charge(std::size_t items, SteadyTime now) {
  pace_.next_chunk = std::max(pace_.next_chunk, now - kLatenessMax) +
                     ToDuration(static_cast<double>(items) / pace_.items_per_second);
}

void StorePace::Done(const ChunkResult& result, std::size_t items, std::size_t chunks_in_flight,
                     SteadyTime now) {
  if (IsThrottled(result)) return Refused(*result.error, items, chunks_in_flight, now);
  if (!result.error) goodput_.Add(items, now);
  if (throttled_) LetIn(items, now);
}

// Also a chunk that failed for another reason was let in.
void StorePace::LetIn(std::size_t items, SteadyTime now) {
  if (stale_ > 0) {
    --stale_;
  } else if (probing_) {
    probing_ = false;
    pace_.grown = pace_.calm_since = now;
    pace_.calm_items = 0;
  }
  pace_.calm_items += items;
  pace_.items_per_second =
      std::max(pace_.items_per_second, std::min(pace_.items_per_second * kRecovery, pace_.proven));
  if (window_.binds) {
    window_.chunks = std::min(window_.chunks + 1 / std::max(window_.chunks, kWindowChunks),
                              static_cast<double>(chunks_max_));
  }
}

void StorePace::Refused(const StoreError& error, std::size_t items, std::size_t chunks_in_flight,
                        SteadyTime now) {
  if (stale_ > 0) {
    --stale_;
  } else {
    throttled_ ? SlowDown(now) : Enter(items, chunks_in_flight, now);
    probing_ = true;
    stale_ = chunks_in_flight;
  }
  if (error.retry_after) pace_.next_chunk = std::max(pace_.next_chunk, now + *error.retry_after);
}

void StorePace::Enter(std::size_t items, std::size_t chunks_in_flight, SteadyTime now) {
  throttled_ = true;
  const double applied = goodput_.ItemsPerSecond(now);
  const double asked = std::max(static_cast<double>(items), kFirstPace);
  const double pace = applied > 0 ? applied * kPaceCut : asked;
  pace_ = {.items_per_second = pace,
           // What came through may be little only because others were first.
           .proven = std::max(pace, asked),
           .grown = now,
           .calm_since = now,
           .next_chunk = now + ToDuration(kChunkSeconds)};
  window_ = {.chunks = std::max(1.0, static_cast<double>(chunks_in_flight + 1) * kWindowCut)};
}

void StorePace::SlowDown(SteadyTime now) {
  const double applied = goodput_.ItemsPerSecond(now);
  const double cut = std::min(pace_.items_per_second * kPaceCut, applied);
  const bool recovered = pace_.items_per_second >= pace_.proven;
  pace_.items_per_second = std::max({cut, pace_.items_per_second / 2, kPaceMin});
  // Once for refusals in a row, and not by much while recovering: or a worker that came late, when
  // others had everything, would believe that next to nothing is its share.
  if (!probing_) {
    pace_.proven = std::max(pace_.items_per_second, recovered ? 0 : pace_.proven * kProvenCut);
  }
  if (window_.binds) window_.chunks = std::max(1.0, window_.chunks * kWindowCut);
}

void StorePace::Grow(std::size_t chunks_in_flight, SteadyTime now) {
  if (!throttled_) return;
  if (probing_) {
    // What was refused may have gone to another worker with its partition.
    throttled_ = chunks_in_flight > 0 || now < pace_.next_chunk + ToDuration(kCalmSeconds);
    return;
  }
  const double full = std::max(kGrowSeconds, kGrowItems / pace_.items_per_second);
  const double elapsed = std::min(Seconds(now - pace_.grown).count(), 1.0);
  const double calm = Seconds(now - pace_.calm_since).count();
  const double haste = calm > 2 * full ? (calm / full - 1) * (calm / full - 1) : 1;
  pace_.items_per_second *= 1 + (1 - kPaceCut) * haste * elapsed / full;
  pace_.grown = now;
  const double used = static_cast<double>(pace_.calm_items) / std::max(calm, 1.0);
  throttled_ = calm < kCalmSeconds || pace_.items_per_second < kFarAbove * used;
}

PaceState StorePace::state() const {
  if (!throttled_) return {.chunks_max = chunks_max_};
  return {.throttled = true,
          .chunks_max = probing_ ? 1 : static_cast<std::size_t>(window_.chunks),
          .items_per_second = pace_.items_per_second};
}

}  // namespace headrace::worker
