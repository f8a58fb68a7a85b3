#include "tests/simulation/item_book.h"

#include <cstdio>

#include "common/base/check.h"

namespace headrace::simulation {
namespace {

constexpr std::string_view kPlaceMark = "at:";

}  // namespace

ItemLife& ItemBook::Add(const Place& place, ItemLife item) {
  places_.emplace(place, item.ref);
  return items_.try_emplace(KeyOf(item.ref), std::move(item)).first->second;
}

std::string ItemBook::Payload(std::string_view graph, const Place& place, std::size_t padding) {
  return R"({"type":"graph_episode","graph_id":")" + std::string(graph) + R"(","data":")" +
         std::string(kPlaceMark) + std::to_string(place.partition) + "/" +
         std::to_string(place.offset) + " " + std::string(padding, '.') +
         R"(","data_type":"text"})";
}

Place ItemBook::PlaceOf(std::string_view payload) {
  const std::size_t mark = payload.find(kPlaceMark);
  CHECK(mark != std::string_view::npos);
  const std::string text(payload.substr(mark + kPlaceMark.size(), 24));
  Place place;
  long long offset = 0;
  CHECK(std::sscanf(text.c_str(), "%d/%lld", &place.partition, &offset) == 2);
  place.offset = offset;
  return place;
}

}  // namespace headrace::simulation
