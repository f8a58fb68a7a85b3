#include "tests/simulation/workload.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/model/item_header.h"

namespace headrace::simulation {

Workload::Workload(Stage& stage) : stage_(stage), deadly_left_(stage.plan.deadly) {
  for (int i = 0; i < stage_.plan.batches; ++i) {
    batches_.push_back({.id = NewBatchId(), .project = i == 1 ? "second" : "default"});
    ++unsealed_;
  }
}

BatchId Workload::NewBatchId() {
  std::array<std::uint8_t, 16> bytes{};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(stage_.random.Below(256));
  return BatchId::Of(Uuid(bytes));
}

void Workload::Step() {
  if (sent_ >= stage_.plan.items) {
    if (unsealed_ > 0)
      Announce(batches_[static_cast<std::size_t>(--unsealed_)], BatchFactKind::kSealed);
    return;
  }
  if (stage_.random.Chance(60)) return SendForeign();
  Batch& batch = batches_[stage_.random.Below(batches_.size())];
  if (!batch.opened) {
    batch.opened = true;
    return Announce(batch, BatchFactKind::kOpened);
  }
  if (batch.next > 0 && stage_.Strikes(stage_.plan.rates.resumed)) {
    batch.again = true;
    batch.next = 0;
  }
  SendTracked(batch);
}

void Workload::Announce(const Batch& batch, BatchFactKind kind) {
  BatchFact fact{.kind = kind, .batch = batch.id, .project = batch.project};
  if (kind == BatchFactKind::kSealed) {
    fact.item_count = batch.end;
    fact.index_end = batch.end;
    fact.rejected = 0;
  }
  Journal(fact);
}

void Workload::Journal(const BatchFact& fact) {
  BatchFact stamped = fact;
  stamped.at = stage_.clock.WallNow();
  stage_.cluster.Append(kJournalTopic, 0,
                        {.key = BatchFactKey(stamped), .value = EncodeBatchFact(stamped)});
}

std::string Workload::GraphName() {
  // The first graph is hot.
  const std::size_t count = static_cast<std::size_t>(stage_.plan.graphs);
  const std::size_t graph = stage_.random.Chance(stage_.plan.hot) ? 0 : stage_.random.Below(count);
  return "graph" + std::to_string(graph);
}

void Workload::SendTracked(Batch& batch) {
  const std::uint32_t index = batch.next++;
  if (index == batch.end) {
    ++batch.end;
    batch.graphs.push_back(GraphName());
    ++sent_;
  }
  const std::string& graph = batch.graphs[index];
  const std::string key = batch.project + "/g/" + graph;
  ItemIdHeader id{.ref = {batch.id, index, 0}, .again = batch.again};
  const Place place = NextPlace(key);
  const bool is_new = !stage_.items.knows(id.ref);
  ItemLife item = is_new ? NewItem(id.ref, key) : stage_.items.Of(id.ref);
  if (is_new) item.deadly = DrawDeadly();
  id.skip = item.skip;
  Send(place, EncodeItemIdHeader(id), ItemBook::Payload(graph, place, stage_.random.Below(200)),
       std::move(item));
}

// Records of other programs; half of them must be refused.
void Workload::SendForeign() {
  ++sent_;
  const std::string graph = GraphName();
  const std::string key = "default/g/" + graph;
  const Place place = NextPlace(key);
  ItemLife item = NewItem(
      UpstreamItemRef(kClusterId, kItemsTopic, place.partition, place.offset, "default"), key);
  item.skip = false;
  std::string header;
  std::string value = ItemBook::Payload(graph, place, 10);
  if (stage_.random.Chance(500)) {
    item.refused = true;
    if (stage_.random.Chance(500)) {
      header = EncodeItemIdHeader({.ref = {NewBatchId(), 3, 0}});  // of a batch that never was
    } else {
      value = "no json at:0/0";
    }
  }
  Send(place, header, value, std::move(item));
}

void Workload::Replay() {
  std::vector<ItemLife> failed;
  for (const auto& [key, item] : stage_.items.items()) {
    ItemRef next = item.ref;
    ++next.round;
    if (item.state == ItemState::kFailed && !item.refused && next.round < 4 &&
        !stage_.items.knows(next)) {
      failed.push_back(item);
    }
  }
  if (failed.empty()) return;
  std::ranges::sort(failed, {}, &ItemLife::sequence);
  failed.resize(1 + stage_.random.Below(failed.size()));
  stage_.trace.Note("replay", {{"items", static_cast<std::int64_t>(failed.size())}});
  for (const ItemLife& item : failed) {
    const bool upstream = std::ranges::none_of(
        batches_, [&](const Batch& batch) { return batch.id == item.ref.batch; });
    Journal({.kind = BatchFactKind::kRetryOpened,
             .batch = item.ref.batch,
             .project = item.key.substr(0, item.key.find('/')),
             .item_count = 1,
             .round = static_cast<std::uint8_t>(item.ref.round + 1),
             .upstream = upstream,
             .indexes = {{item.ref.index, item.ref.index}}});
  }
  for (const ItemLife& item : failed) SendAgain(item);
}

void Workload::SendAgain(const ItemLife& failed) {
  const Place place = NextPlace(failed.key);
  ItemRef ref = failed.ref;
  ++ref.round;
  ItemLife item = NewItem(ref, failed.key);
  item.skip = failed.skip;
  const std::string graph = failed.key.substr(failed.key.rfind('/') + 1);
  Send(place, EncodeItemIdHeader({.ref = ref, .again = true, .skip = item.skip}),
       ItemBook::Payload(graph, place, 10), std::move(item));
}

ItemLife Workload::NewItem(const ItemRef& ref, const std::string& key) {
  ItemLife item{.ref = ref, .key = key};
  item.sequence = next_sequence_++;
  item.bad = stage_.random.Chance(stage_.plan.rates.bad);
  item.stubborn = stage_.random.Chance(stage_.plan.rates.stubborn);
  item.skip = stage_.random.Chance(30);
  return item;
}

// Each of the items that are still to come has the same chance.
bool Workload::DrawDeadly() {
  if (deadly_left_ == 0) return false;
  if (stage_.random.Below(static_cast<std::size_t>(stage_.plan.items - sent_ + 1)) >=
      static_cast<std::size_t>(deadly_left_)) {
    return false;
  }
  --deadly_left_;
  return true;
}

Place Workload::NextPlace(const std::string& key) const {
  const std::int32_t partition = stage_.cluster.PartitionOfKey(kItemsTopic, key);
  if (stage_.random.Chance(30)) stage_.cluster.Skip(kItemsTopic, partition);
  return {partition, stage_.cluster.End(kItemsTopic, partition)};
}

void Workload::Send(const Place& place, const std::string& header, const std::string& value,
                    ItemLife item) {
  StoredRecord record{.key = item.key, .value = value};
  if (!header.empty()) record.headers.emplace_back(kItemIdHeader, header);
  stage_.trace.Note("send", {{"partition", place.partition},
                             {"offset", place.offset},
                             {"index", item.ref.index},
                             {"round", item.ref.round},
                             {"bad", item.bad},
                             {"stubborn", item.stubborn},
                             {"deadly", item.deadly}});
  stage_.items.Add(place, std::move(item));
  CHECK(stage_.cluster.Append(kItemsTopic, place.partition, std::move(record)) == place.offset);
}

void Workload::CheckComplete(const fakes::MemoryOutcomeStore::Contents& redis) const {
  for (const Batch& batch : batches_) {
    const auto count = fakes::MemoryOutcomeStore::Count(redis, batch.id);
    if (count && count->completed && count->item_count == batch.end) continue;
    Checker::Fail("a sealed batch completes", "batch " + batch.id.ToString().substr(0, 8));
  }
}

}  // namespace headrace::simulation
