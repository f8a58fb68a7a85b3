// What a worker writes of a failed item is what `headrace dead-letters` reads.
#include "worker/dead_letter.h"

#include <gtest/gtest.h>

#include "producer/retry/dead_letter.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

class DeadLetterTest : public testing::Test {
 protected:
  DeadLetterTest() {
    log_.CreateTopic("letters", 1);
    reader_ = log_.OpenConsumer({"letters"}, "", nullptr);
  }

  // Writes the letter and reads it again.
  Record PassOn(const DeadLetter& letter) {
    EXPECT_TRUE(ProduceDeadLetter(*producer_, "letters", letter, 7).ok());
    producer_->PollDeliveries(milliseconds(0), deliveries_);
    EXPECT_TRUE(reader_->Poll(milliseconds(0), 1, records_).ok());
    EXPECT_EQ(records_.size(), 1u);
    return records_.front();
  }

  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_{clock_};
  std::unique_ptr<EventProducer> producer_ = log_.OpenProducer();
  std::unique_ptr<EventConsumer> reader_;
  std::vector<Delivery> deliveries_;
  std::vector<Record> records_;
};

TEST_F(DeadLetterTest, KeepsTheRecordAndSaysWhatBecameOfIt) {
  const Timestamp noon{std::chrono::seconds(1'767'268'800)};  // 2026-01-01T12:00:00Z
  const ItemIdHeader id{.ref = {BatchId::Random(), 41, 2},
                        .accepted_at = noon - milliseconds(1'500),
                        .incarnation = 3,
                        .episode = Uuid::Random(),
                        .skip = true};
  const Record record = PassOn({.key = "shop/g/orders",
                                .value = R"({"data":"as it was sent"})",
                                .project = "shop",
                                .id = id,
                                .episode = *id.episode,
                                .error = {"too_long", "it is too long", 4},
                                .first_try = noon,
                                .last_try = noon + std::chrono::seconds(90),
                                .origin_topic = "items.batch",
                                .source = {0, 5},
                                .offset = 1'234});
  EXPECT_EQ(record.key, "shop/g/orders");
  EXPECT_EQ(record.value, R"({"data":"as it was sent"})");

  const auto letter = retry::ReadDeadLetter(record);
  ASSERT_TRUE(letter.ok()) << letter.error().message;
  EXPECT_EQ(letter->id.ref, id.ref);
  EXPECT_EQ(letter->id.accepted_at, id.accepted_at);
  EXPECT_EQ(letter->id.incarnation, 3u);
  EXPECT_EQ(letter->id.episode, id.episode);
  EXPECT_TRUE(letter->id.skip);
  EXPECT_EQ(letter->episode, id.episode);
  EXPECT_EQ(letter->project, "shop");
  EXPECT_EQ(letter->code, "too_long");
  EXPECT_EQ(letter->message, "it is too long");
  EXPECT_EQ(letter->attempts, 4u);
  EXPECT_EQ(letter->first_try, "2026-01-01T12:00:00Z");
  EXPECT_EQ(letter->last_try, "2026-01-01T12:01:30Z");
  EXPECT_EQ(letter->origin, "items.batch/5/1234");
}

TEST_F(DeadLetterTest, ComesBackUnderItsToken) {
  PassOn({.project = "default", .error = {"bad", "it was bad", 1}});
  ASSERT_EQ(deliveries_.size(), 1u);
  EXPECT_EQ(deliveries_[0].token, 7u);
}

}  // namespace
}  // namespace headrace::worker
