#include "tests/simulation/stage.h"

#include "tests/simulation/member.h"

namespace headrace::simulation {

bool Stage::Owns(const Host& host, std::int32_t partition) {
  const auto& owners = cluster.GroupNamed(kWorkerGroup).owners;
  const auto owner = owners.find({0, partition});
  return owner != owners.end() && owner->second->host() == &host;
}

}  // namespace headrace::simulation
