#include "common/accounting/reread_notes.h"

#include <algorithm>

#include "common/base/log.h"

namespace headrace::accounting {

bool RereadNotes::Add(const std::string& topic, const Reread& reread) {
  const bool lost = reread.next < reread.reached;
  if (!lost && !(reread.from_start && reread.end > 0)) return false;
  const std::int64_t until = lost ? std::min(reread.reached, reread.end) : reread.end;
  Sum& sum = (lost ? lost_ : first_)[topic];
  ++sum.partitions;
  sum.from_start += reread.from_start ? 1 : 0;
  sum.records_max += until - reread.next;
  return lost;
}

void RereadNotes::Tell() {
  for (const auto& [topic, sum] : lost_) {
    log::Warn("projector_rewinds", {{"topic", topic},
                                    {"partitions", sum.partitions},
                                    {"from_start", sum.from_start},
                                    {"records_max", sum.records_max},
                                    {"reason", "the outcome store lost what it had been told"}});
  }
  for (const auto& [topic, sum] : first_) {
    log::Info("projector_rebuilds",
              {{"topic", topic}, {"partitions", sum.partitions}, {"records_max", sum.records_max}});
  }
  lost_.clear();
  first_.clear();
}

}  // namespace headrace::accounting
