#include "worker/measured_outcome_store.h"

#include <type_traits>
#include <utility>

namespace headrace::worker {
namespace {

class MeasuredOutcomeStore final : public OutcomeStore {
 public:
  MeasuredOutcomeStore(std::unique_ptr<OutcomeStore> inner, const Clock& clock,
                       OutcomeStoreObserver& observer)
      : inner_(std::move(inner)), clock_(clock), observer_(observer) {}

  Status ApplyOutcomes(std::span<const PlacedOutcome> outcomes) override {
    return Measure(OutcomeStoreCall::kApplyOutcomes,
                   [&] { return inner_->ApplyOutcomes(outcomes); });
  }
  Status ApplyFacts(std::span<const BatchFact> facts) override {
    return Measure(OutcomeStoreCall::kApplyFacts, [&] { return inner_->ApplyFacts(facts); });
  }
  Result<bool> AdvanceMark(const ProjectionMark& mark,
                           std::optional<std::int64_t> expected) override {
    return Measure(OutcomeStoreCall::kAdvanceMark,
                   [&] { return inner_->AdvanceMark(mark, expected); });
  }
  Result<std::optional<std::int64_t>> ReadMark(const std::string& topic,
                                               std::int32_t partition) override {
    return Measure(OutcomeStoreCall::kReadMark, [&] { return inner_->ReadMark(topic, partition); });
  }
  Status SetRebuilding(const std::string& topic, std::int32_t partition,
                       std::optional<std::int64_t> end_offset) override {
    return Measure(OutcomeStoreCall::kSetRebuilding,
                   [&] { return inner_->SetRebuilding(topic, partition, end_offset); });
  }
  Result<std::vector<std::uint8_t>> ReadStates(const BatchId& batch,
                                               const IndexRange& range) override {
    return Measure(OutcomeStoreCall::kReadStates, [&] { return inner_->ReadStates(batch, range); });
  }

 private:
  template <typename Ask>
  std::invoke_result_t<Ask> Measure(OutcomeStoreCall call, const Ask& ask) {
    const SteadyTime began = clock_.Now();
    auto answer = ask();
    observer_.OnCall(call,
                     std::chrono::duration_cast<std::chrono::microseconds>(clock_.Now() - began),
                     answer.ok() ? std::nullopt : std::optional(answer.error().code));
    return answer;
  }

  const std::unique_ptr<OutcomeStore> inner_;
  const Clock& clock_;
  OutcomeStoreObserver& observer_;
};

}  // namespace

std::unique_ptr<OutcomeStore> MeasureOutcomeStore(std::unique_ptr<OutcomeStore> inner,
                                                  const Clock& clock,
                                                  OutcomeStoreObserver& observer) {
  return std::make_unique<MeasuredOutcomeStore>(std::move(inner), clock, observer);
}

}  // namespace headrace::worker
