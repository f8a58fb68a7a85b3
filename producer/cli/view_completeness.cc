#include "producer/cli/view_completeness.h"

namespace headrace::cli {

using redis::ViewState;

std::string ViewStateNote(ViewState state) {
  switch (state) {
    case ViewState::kReady:
      return {};
    case ViewState::kEmpty:
      return "Redis is empty; its numbers appear when a worker or `headrace projector` has rebuilt "
             "them from Kafka";
    case ViewState::kRebuilding:
      return "Redis is being rebuilt from Kafka; numbers are not complete yet";
  }
  return {};
}

Result<bool> ViewCompleteness::Ask() {
  if (!complete_) return false;
  const Result<ViewState> state = view_.State();
  if (!state.ok()) return state.error();
  complete_ = *state == ViewState::kReady;
  if (!complete_) err_ << "headrace: " << ViewStateNote(*state) << '\n';
  return complete_;
}

}  // namespace headrace::cli
