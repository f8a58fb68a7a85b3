// Decides what a record from the items topic is: a tracked item, an upstream item, or one to
// refuse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/accounting/batch_directory.h"
#include "common/model/item_parser.h"
#include "common/model/outcome.h"
#include "common/ports/event_log.h"
#include "worker/graph_keys.h"
#include "worker/payload_pool.h"
#include "worker/work_item.h"

namespace headrace::worker {

struct AdmissionSettings {
  std::string topic;       // the items topic, part of an upstream record's identity
  std::string cluster_id;  // likewise
  ItemLimits limits;       // for upstream items; tracked ones were validated at intake
};

struct Verdict {
  enum class Kind {
    kAdmitted,
    kRefused,    // goes to dead letters; `item` says where it is accounted
    kUndecided,  // the journal could not be read; ask again later
    kUnknown,    // a control record of a newer version: stop this partition, never skip
  };
  Kind kind = Kind::kAdmitted;
  WorkItem item;
  std::optional<ItemError> refusal;
};

// Owned by the loop thread. A tracked item is parsed by the store, once; here only size, key and
// header are looked at. Upstream items are checked by every rule, and so is that key and value name
// the same graph; also when they come again under their id, as items of an implicit batch.
class Admission {
 public:
  Admission(AdmissionSettings settings, accounting::BatchDirectory& directory);

  // `now` is the accepted time of an item whose record does not say.
  Verdict Judge(const Record& record, Timestamp now);

  // What admitted payloads are copied into; a finished item's buffer should come back.
  PayloadPool& payloads() { return payloads_; }

 private:
  // Each completes `verdict`, whose item says where the record came from and where it goes.
  void JudgeTracked(const Record& record, std::string_view header, Verdict& verdict);
  void JudgeUpstream(const Record& record, Verdict& verdict);
  void Refuse(const Record& record, std::string_view code, std::string message, Verdict& verdict);
  // Why an item that another program produced cannot be taken.
  std::optional<ItemError> FindFault(std::string_view value, const GraphKey& graph);
  void PlaceUpstream(const Record& record, WorkItem& item) const;

  const AdmissionSettings settings_;
  accounting::BatchDirectory& directory_;
  ItemParser parser_;
  Item scratch_;
  PayloadPool payloads_;
  GraphKeys graphs_;
};

}  // namespace headrace::worker
