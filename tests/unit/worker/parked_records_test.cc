#include "worker/parked_records.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace headrace::worker {
namespace {

constexpr TopicPartition kFirst{0, 0}, kSecond{0, 1};

TEST(ParkedRecords, OutliveTheirPollInOrder) {
  ParkedRecords parked;
  for (std::int64_t offset = 0; offset < 3; ++offset) {
    std::string key = "default/g/a", value = "value " + std::to_string(offset);
    std::string name = "headrace-item-id", id = "id " + std::to_string(offset);
    const std::array<Header, 1> headers{{{name, id}}};
    parked.Park({.source = kFirst,
                 .offset = offset,
                 .append_time = Timestamp(std::chrono::seconds(7)),
                 .key = key,
                 .value = value,
                 .headers = headers});
    for (std::string* text : {&key, &value, &name, &id}) text->assign(text->size(), '#');
  }
  for (std::int64_t offset = 0; offset < 3; ++offset) {
    const Record& record = parked.Front(kFirst);
    EXPECT_EQ(record.offset, offset);
    EXPECT_EQ(record.append_time, Timestamp(std::chrono::seconds(7)));
    EXPECT_EQ(record.key, "default/g/a");
    EXPECT_EQ(record.value, "value " + std::to_string(offset));
    EXPECT_EQ(record.FindHeader("headrace-item-id"), "id " + std::to_string(offset));
    parked.DropFront(kFirst);
  }
  EXPECT_TRUE(parked.empty());
}

TEST(ParkedRecords, AreCountedAndKeptApartByPartition) {
  ParkedRecords parked;
  parked.Park({.source = kFirst, .offset = 1, .value = "12345"});
  parked.Park({.source = kSecond, .offset = 2, .value = "123"});
  parked.Park({.source = kSecond, .offset = 3, .value = ""});
  EXPECT_EQ(parked.partitions(), (std::vector<TopicPartition>{kFirst, kSecond}));
  EXPECT_EQ(parked.count(), 3u);
  EXPECT_EQ(parked.bytes(), 8u);
  parked.Drop(kSecond);
  EXPECT_FALSE(parked.Holds(kSecond));
  EXPECT_EQ(parked.Front(kFirst).offset, 1);
  EXPECT_EQ(parked.count(), 1u);
  EXPECT_EQ(parked.bytes(), 5u);
}

}  // namespace
}  // namespace headrace::worker
