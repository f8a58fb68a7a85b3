#include "worker/dispatcher.h"

#include <algorithm>
#include <utility>

namespace headrace::worker {
namespace {

// A crash should make few items go alone.
constexpr std::size_t kSuspectsAtOnce = 500;

}  // namespace

bool Dispatcher::Dispatch() {
  const SteadyTime now = parts_.clock.Now();
  const auto store_is_idle = [&] { return parts_.store.chunks_in_flight() == 0; };
  if (!alone_turn_.MayBegin(store_is_idle(), now)) return false;
  // Once for all chunks: where a chunk is one item, clocks would cost as much as the lanes do.
  const Moment moment{now, parts_.clock.WallNow(), parts_.partitions.suspects_held() > 0};
  const StoreTraits& traits = parts_.store.traits();
  bool dispatched = false;
  bool one_waits = false;
  ChunkLimits limits{.lanes = traits.chunk_lanes_max,
                     .lane_items = lane_items_max_,
                     .alone = alone_turn_.is_due()};
  while ((limits.items = Room(moment)) > 0) {
    one_waits = parts_.lanes.TakeInto(chunk_, limits, now);
    if (chunk_.empty() || !Begin(chunk_, moment)) break;
    dispatched = true;
    if (limits.alone) return true;
  }
  if (!limits.alone) {
    alone_turn_.OthersBegun(one_waits, now);
  } else if (!one_waits) {
    alone_turn_.End();
  }
  return dispatched || (one_waits && store_is_idle());
}

// Of the next chunk, in items.
std::size_t Dispatcher::Room(const Moment& moment) {
  std::size_t room = parts_.store.Room(moment.now);
  if (moment.has_suspects) {
    room =
        std::min(room, kSuspectsAtOnce - std::min(kSuspectsAtOnce, parts_.store.items_in_flight()));
  }
  store_has_room_ = room > 0;
  return room;
}

// False when its suspects' tries could not be committed; it is back in its lanes then.
bool Dispatcher::Begin(std::vector<WorkItem>& chunk, const Moment& moment) {
  if (moment.has_suspects && !NoteTries(chunk)) {
    parts_.lanes.PutBack(std::exchange(chunk, {}), moment.now + Commits::kRetry);
    return false;
  }
  for (WorkItem& item : chunk) {
    const bool tried = item.first_try != Timestamp{};
    if (tried) --parts_.held.waiting_retry;
    if (item.attempts > 0) continue;
    if (!tried) parts_.flow.queued.Add(moment.wall_now - item.write.accepted_at);
    item.first_try = moment.wall_now;
    item.judged_at = moment.now;
  }
  parts_.claims.Stamp(chunk);
  parts_.store.Submit(chunk, moment.now);
  return true;
}

bool Dispatcher::NoteTries(const std::vector<WorkItem>& chunk) {
  bool saved = true;
  for (const WorkItem& item : chunk) {
    if (item.caution == Caution::kNone) continue;
    Suspects& suspects = parts_.partitions.Find(item.source)->suspects;
    suspects.NoteTry(item.offset, item.caution);
    saved = saved && suspects.saved();
  }
  if (saved || parts_.commits.CommitNow({})) return true;
  // Nothing of it is begun, so it must not count as begun alone when the process ends or leaves.
  for (const WorkItem& item : chunk) {
    parts_.partitions.Find(item.source)->suspects.Survived(item.offset);
  }
  return false;
}

std::optional<SteadyTime> Dispatcher::NextDue() const {
  if (store_has_room_) return parts_.lanes.NextDue();
  const SteadyTime opens = parts_.store.pace().opens_at();
  return opens > parts_.clock.Now() ? std::optional(opens) : std::nullopt;
}

}  // namespace headrace::worker
