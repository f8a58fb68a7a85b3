#include "common/kafka/client_statistics.h"

#include <gtest/gtest.h>

namespace headrace::kafka {
namespace {

// In the form of librdkafka's STATISTICS.md; brokers of each kind that a client can know.
constexpr std::string_view kReport = R"({
  "name": "headrace-worker#producer-1", "type": "producer", "ts": 5016483227792,
  "msg_cnt": 42, "msg_size": 1234,
  "brokers": {
    "one:9092/1": {"name": "one:9092/1", "nodeid": 1,
                   "rtt": {"min": 400, "max": 9000, "avg": 1500, "cnt": 7}},
    "two:9092/2": {"name": "two:9092/2", "nodeid": 2,
                   "rtt": {"min": 0, "max": 0, "avg": 0, "cnt": 0}},
    "one:9092/bootstrap": {"name": "one:9092/bootstrap", "nodeid": -1,
                           "rtt": {"min": 5, "max": 5, "avg": 5, "cnt": 1}}
  },
  "topics": {}
})";

TEST(ClientStatistics, AreTheQueueAndTheBrokersThatAnswered) {
  const auto statistics = ParseProducerStatistics(kReport);
  ASSERT_TRUE(statistics.ok());
  EXPECT_EQ(statistics->queue_messages, 42);
  ASSERT_EQ(statistics->round_trips.size(), 1u);
  EXPECT_EQ(statistics->round_trips[0].node, 1);
  EXPECT_EQ(statistics->round_trips[0].average, std::chrono::microseconds(1500));
}

TEST(ClientStatistics, OfAnotherFormAreRefused) {
  for (const char* text : {"", "{", "[]", "{}", R"({"msg_cnt":"many","brokers":{}})"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseProducerStatistics(text).ok());
  }
}

}  // namespace
}  // namespace headrace::kafka
