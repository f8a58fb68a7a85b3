#include "worker/outcome_lookup.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/fakes/memory_outcome_store.h"

namespace headrace::worker {
namespace {

// Emptied between the reading of its mark and that of its states.
class EmptiedStore final : public OutcomeStore {
 public:
  explicit EmptiedStore(fakes::MemoryOutcomeStore& store) : store_(store) {}

  Status ApplyOutcomes(std::span<const PlacedOutcome> outcomes) override {
    return store_.ApplyOutcomes(outcomes);
  }
  Status ApplyFacts(std::span<const BatchFact> facts) override { return store_.ApplyFacts(facts); }
  Result<bool> AdvanceMark(const ProjectionMark& mark,
                           std::optional<std::int64_t> expected) override {
    return store_.AdvanceMark(mark, expected);
  }
  Result<std::optional<std::int64_t>> ReadMark(const std::string& topic,
                                               std::int32_t partition) override {
    return store_.ReadMark(topic, partition);
  }
  Status SetRebuilding(const std::string& topic, std::int32_t partition,
                       std::optional<std::int64_t> end_offset) override {
    return store_.SetRebuilding(topic, partition, end_offset);
  }
  Result<std::vector<std::uint8_t>> ReadStates(const BatchId& batch,
                                               const IndexRange& range) override {
    store_.Load({});
    return store_.ReadStates(batch, range);
  }

 private:
  fakes::MemoryOutcomeStore& store_;
};

TEST(OutcomeLookup, BelievesNoStoreThatWasEmptiedWhileItWasRead) {
  fakes::ManualClock clock;
  fakes::MemoryEventLog log(clock);
  log.CreateTopic("outcomes", 1);
  const BatchId batch = BatchId::Random();
  const OutcomeRecord record{.batch = batch, .project = "default", .succeeded = {{0, 0}}};
  log.Append("outcomes", 0, batch.ToString(), EncodeOutcomeRecord(record));
  fakes::MemoryOutcomeStore contents;
  const PlacedOutcome placed{record, 0, 0, clock.WallNow()};
  const auto project = [&] {
    ASSERT_TRUE(contents.ApplyOutcomes({&placed, 1}).ok());
    ASSERT_TRUE(*contents.AdvanceMark({"outcomes", 0, 1}, std::nullopt));
  };
  project();
  const auto outcomes = log.OpenConsumer({"outcomes"}, "", nullptr);

  EmptiedStore emptied(contents);
  OutcomeLookup lookup(emptied, *outcomes, "outcomes");
  const auto answer = lookup.Answer({{batch, 0, 0}});
  ASSERT_FALSE(answer.ok()) << "it would be tried again";
  EXPECT_EQ(answer.error().code, ErrorCode::kTransient);

  project();
  OutcomeLookup steady(contents, *outcomes, "outcomes");
  const auto later = steady.Answer({{batch, 0, 0}});
  ASSERT_TRUE(later.ok());
  EXPECT_TRUE(later->at(0).ended);
}

}  // namespace
}  // namespace headrace::worker
