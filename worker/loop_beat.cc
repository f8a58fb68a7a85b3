#include "worker/loop_beat.h"

namespace headrace::worker {

std::string_view LoopPhaseName(LoopPhase phase) {
  switch (phase) {
    case LoopPhase::kStarting:
      return "starting";
    case LoopPhase::kFetching:
      return "fetching";
    case LoopPhase::kSettling:
      return "settling";
    case LoopPhase::kDispatching:
      return "dispatching";
    case LoopPhase::kCommitting:
      return "committing";
    case LoopPhase::kRevoking:
      return "revoking";
  }
  return "unknown";
}

}  // namespace headrace::worker
