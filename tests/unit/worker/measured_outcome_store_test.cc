#include "worker/measured_outcome_store.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_outcome_store.h"
#include "worker/redis_metrics.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

// A server that needs its time.
class SlowStore final : public OutcomeStore {
 public:
  SlowStore(fakes::MemoryOutcomeStore& inner, fakes::ManualClock& clock)
      : inner_(inner), clock_(clock) {}

  Status ApplyOutcomes(std::span<const PlacedOutcome> outcomes) override {
    clock_.Advance(milliseconds(1));
    return inner_.ApplyOutcomes(outcomes);
  }
  Status ApplyFacts(std::span<const BatchFact> facts) override {
    clock_.Advance(milliseconds(2));
    return inner_.ApplyFacts(facts);
  }
  Result<bool> AdvanceMark(const ProjectionMark& mark,
                           std::optional<std::int64_t> expected) override {
    clock_.Advance(milliseconds(3));
    return inner_.AdvanceMark(mark, expected);
  }
  Result<std::optional<std::int64_t>> ReadMark(const std::string& topic,
                                               std::int32_t partition) override {
    clock_.Advance(milliseconds(4));
    return inner_.ReadMark(topic, partition);
  }
  Status SetRebuilding(const std::string& topic, std::int32_t partition,
                       std::optional<std::int64_t> end_offset) override {
    clock_.Advance(milliseconds(5));
    return inner_.SetRebuilding(topic, partition, end_offset);
  }
  Result<std::vector<std::uint8_t>> ReadStates(const BatchId& batch,
                                               const IndexRange& range) override {
    clock_.Advance(milliseconds(6));
    return inner_.ReadStates(batch, range);
  }

 private:
  fakes::MemoryOutcomeStore& inner_;
  fakes::ManualClock& clock_;
};

class MeasuredOutcomeStoreTest : public testing::Test {
 protected:
  // Also shows that answers come through.
  void CallEach(bool reachable) {
    memory_.SetReachable(reachable);
    EXPECT_EQ(store_->ApplyOutcomes({}).ok(), reachable);
    EXPECT_EQ(store_->ApplyFacts({}).ok(), reachable);
    EXPECT_EQ(store_->AdvanceMark({"t", 0, 7}, std::nullopt).ok(), reachable);
    const auto mark = store_->ReadMark("t", 0);
    EXPECT_EQ(mark.ok() ? *mark : std::nullopt, reachable ? std::optional(7) : std::nullopt);
    EXPECT_EQ(store_->SetRebuilding("t", 0, 9).ok(), reachable);
    EXPECT_EQ(store_->ReadStates(BatchId::Random(), {0, 1}).ok(), reachable);
  }

  bool Serves(const std::string& line) const {
    return registry_.Expose().find("headrace_redis_" + line + "\n") != std::string::npos;
  }

  fakes::ManualClock clock_;
  fakes::MemoryOutcomeStore memory_;
  MetricsRegistry registry_{Channel::kBatch};
  RedisMetrics metrics_{registry_};
  std::unique_ptr<OutcomeStore> store_ =
      MeasureOutcomeStore(std::make_unique<SlowStore>(memory_, clock_), clock_, metrics_);
};

TEST_F(MeasuredOutcomeStoreTest, CountsEachKindOfCallWithItsTime) {
  CallEach(true);
  CallEach(true);
  const std::pair<const char*, const char*> calls[] = {
      {"apply_outcomes", "0.002"}, {"apply_facts", "0.004"},   {"advance_mark", "0.006"},
      {"read_mark", "0.008"},      {"set_rebuilding", "0.01"}, {"read_states", "0.012"}};
  for (const auto& [call, seconds] : calls) {
    SCOPED_TRACE(call);
    const std::string labels = "{channel=\"batch\",op=\"" + std::string(call) + "\"} ";
    EXPECT_TRUE(Serves("command_duration_seconds_count" + labels + "2"));
    EXPECT_TRUE(Serves("command_duration_seconds_sum" + labels + seconds)) << registry_.Expose();
  }
  EXPECT_TRUE(Serves("errors_total{channel=\"batch\",reason=\"unreachable\"} 0"));
}

TEST_F(MeasuredOutcomeStoreTest, CountsErrorsByWhatToDoAboutThem) {
  CallEach(false);
  EXPECT_TRUE(Serves("errors_total{channel=\"batch\",reason=\"unreachable\"} 6"));
  EXPECT_TRUE(Serves("errors_total{channel=\"batch\",reason=\"refused\"} 0"));
  metrics_.OnCall(OutcomeStoreCall::kReadMark, {}, ErrorCode::kInvalid);
  EXPECT_TRUE(Serves("errors_total{channel=\"batch\",reason=\"refused\"} 1"));
}

}  // namespace
}  // namespace headrace::worker
