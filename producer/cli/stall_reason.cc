#include "producer/cli/stall_reason.h"

#include "common/kafka/group_members.h"
#include "common/kafka/topic_names.h"

namespace headrace::cli {
namespace {

constexpr std::chrono::milliseconds kTimeout{2'000};

}  // namespace

std::string StallReason(const Settings& settings) {
  const std::string group = kafka::GroupNames(settings.topics.prefix).worker_batch;
  const auto members = kafka::GroupMembers(settings.kafka, group, kTimeout);
  if (!members.ok()) return members.error().message;
  if (!*members) return "Kafka does not tell whether the group " + group + " has members";
  if (**members == 0) {
    return "the group " + group + " has no members; is a headrace-worker running?";
  }
  return "the group " + group + " has members (" + std::to_string(**members) +
         "); their log and /readyz say what they do, or wait for";
}

}  // namespace headrace::cli
