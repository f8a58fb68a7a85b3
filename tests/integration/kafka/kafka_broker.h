#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "common/kafka/kafka_settings.h"
#include "common/model/ids.h"

namespace headrace::kafka {

// The broker that the test run started (tests/services.cmake). A test that is run without it fails
// and says so.
inline KafkaSettings TestBroker() {
  const char* address = std::getenv("HEADRACE_TEST_KAFKA");
  EXPECT_NE(address, nullptr) << "run by ctest, which starts a broker and names it";
  KafkaSettings settings;
  settings.brokers = address == nullptr ? "127.0.0.1:1" : address;
  return settings;
}

// Topics of this test alone.
inline TopicSettings TestTopics(int partitions = 3) {
  TopicSettings topics;
  topics.prefix = "t" + Uuid::Random().ToString().substr(0, 8) + ".";
  topics.partitions = partitions;
  return topics;
}

}  // namespace headrace::kafka
