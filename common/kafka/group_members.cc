#include "common/kafka/group_members.h"

#include <string_view>
#include <utility>

#include "common/kafka/handles.h"

namespace headrace::kafka {
namespace {

using GroupList =
    std::unique_ptr<const rd_kafka_group_list, HandleDeleter<rd_kafka_group_list_destroy>>;

std::optional<int> MembersIn(const rd_kafka_group_list& groups) {
  if (groups.group_cnt == 0) return 0;
  const rd_kafka_group_info& group = groups.groups[0];
  // "Dead" is also what brokers answer of a group that has another protocol.
  const std::string_view state = group.state == nullptr ? "" : group.state;
  if (group.err != RD_KAFKA_RESP_ERR_NO_ERROR || state.empty() || state == "Dead") return {};
  return group.member_cnt;
}

}  // namespace

Result<std::optional<int>> GroupMembers(const KafkaSettings& settings, const std::string& group,
                                        std::chrono::milliseconds timeout) {
  Result<Conf> conf = MakeConf(settings, "headrace-groups", {}, {});
  if (!conf.ok()) return std::move(conf).error();
  Result<Client> client = OpenClient(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!client.ok()) return std::move(client).error();
  const auto timeout_ms = static_cast<int>(timeout.count());
  // Asked first, because the question about groups goes to the brokers that are known by then.
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t met = rd_kafka_metadata(client->get(), 0, nullptr, &raw, timeout_ms);
  const Metadata metadata(raw);
  if (met != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Transient(UnreachableMessage(settings, rd_kafka_err2str(met)));
  }
  const rd_kafka_group_list* listed = nullptr;
  const rd_kafka_resp_err_t asked =
      rd_kafka_list_groups(client->get(), group.c_str(), &listed, timeout_ms);
  const GroupList groups(listed);
  // Also when only some brokers answered: the group may be another one's.
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR || groups == nullptr) return std::optional<int>();
  return MembersIn(*groups);
}

}  // namespace headrace::kafka
