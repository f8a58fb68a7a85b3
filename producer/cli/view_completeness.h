// What an answer about batches is worth: while Redis is rebuilt from Kafka its numbers are too low,
// and that a batch is absent says nothing.
#pragma once

#include <ostream>
#include <string>

#include "common/redis/batch_view.h"

namespace headrace::cli {

// A sentence for stderr when the view is not complete; empty when it is.
std::string ViewStateNote(redis::ViewState state);

// Asked before and after something is read, because Redis may be emptied in between. Incomplete is
// said on `err`, once, and stays. View and stream must outlive it.
class ViewCompleteness {
 public:
  ViewCompleteness(redis::BatchView& view, std::ostream& err) : view_(view), err_(err) {}

  Result<bool> Ask();

 private:
  redis::BatchView& view_;
  std::ostream& err_;
  bool complete_ = true;
};

}  // namespace headrace::cli
