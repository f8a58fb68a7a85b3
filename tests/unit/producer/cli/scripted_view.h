#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/redis/batch_view.h"

namespace headrace::cli {

// A view whose answers a test computes from the number of looks so far.
class ScriptedView final : public redis::BatchView {
 public:
  Result<redis::ViewState> State() override { return state(++looks); }
  Result<std::vector<redis::BatchSummary>> List(const std::string&, std::size_t) override {
    return std::vector<redis::BatchSummary>();
  }
  Result<redis::BatchSummary> Show(const std::string&, const std::string&) override {
    return show(looks);
  }
  Result<redis::BatchErrors> Errors(const std::string&, const std::string&, std::size_t) override {
    return redis::BatchErrors();
  }

  int looks = 0;
  std::function<Result<redis::ViewState>(int)> state = [](int) { return redis::ViewState::kReady; };
  std::function<Result<redis::BatchSummary>(int)> show;
};

}  // namespace headrace::cli
