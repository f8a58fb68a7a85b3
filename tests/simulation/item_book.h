// What the simulation knows of every item: what was sent, and what became of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/model/graph_key.h"
#include "common/model/ids.h"
#include "common/model/outcome.h"

namespace headrace::simulation {

// A record of the items topic.
struct Place {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

// An item in one round. Moments are Trace::now().
struct ItemLife {
  ItemRef ref;
  std::string key;            // of its record
  std::int64_t sequence = 0;  // its place among the items of its graph, batch and round
  bool bad = false;           // the store refuses it
  bool stubborn = false;      // the store has trouble with it
  bool deadly = false;        // whoever tries it ends
  bool refused = false;       // the worker must refuse it
  bool skip = false;

  std::optional<std::int64_t> letter_at;   // a dead letter is in Kafka
  int letters = 0;                         // so many are
  std::optional<std::int64_t> outcome_at;  // its first outcome is in Kafka
  ItemState state = ItemState::kNone;      // of that
  std::string code;
};

class ItemBook {
 public:
  // A record was sent. The first record of an item makes it known.
  ItemLife& Add(const Place& place, ItemLife item);
  ItemLife& At(const Place& place) { return Of(places_.at(place)); }
  ItemLife& Of(const ItemRef& ref) { return items_.at(KeyOf(ref)); }
  bool knows(const ItemRef& ref) const { return items_.contains(KeyOf(ref)); }

  // Whether the store has it, in whichever round it came there.
  bool IsStored(const ItemRef& ref) const { return stored_.contains({ref.batch, ref.index}); }
  // False when it was there already.
  bool Store(const ItemRef& ref) { return stored_.insert({ref.batch, ref.index}).second; }

  using Key = std::tuple<BatchId, std::uint32_t, std::uint8_t>;
  static Key KeyOf(const ItemRef& ref) { return {ref.batch, ref.index, ref.round}; }
  const std::map<Key, ItemLife>& items() const { return items_; }
  const std::map<Place, ItemRef>& places() const { return places_; }

  // A payload names its record, so that the store knows which of an item's records it was given.
  static std::string Payload(std::string_view graph, const Place& place, std::size_t padding);
  static Place PlaceOf(std::string_view payload);

 private:
  std::map<Key, ItemLife> items_;
  std::map<Place, ItemRef> places_;
  std::set<std::pair<BatchId, std::uint32_t>> stored_;
};

}  // namespace headrace::simulation
