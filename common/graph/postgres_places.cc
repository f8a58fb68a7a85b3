#include "common/graph/postgres_places.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>

namespace headrace::graph {
namespace {

constexpr const char* kDefaultPort = "5432";  // of one that is left empty in a list

// Nothing for an empty list.
std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
    if (list.empty()) parts.emplace_back();
  }
  return parts;
}

// Of a list with one element for each of `count`, or one for all.
std::string At(const std::vector<std::string>& list, std::size_t position) {
  if (list.empty()) return "";
  return list.size() == 1 ? list.front() : list[position];
}

bool IsSocketPath(const std::string& host) { return host.front() == '/' || host.front() == '@'; }

std::string NumericOf(const addrinfo& found) {
  std::array<char, NI_MAXHOST> text{};
  const int failed = ::getnameinfo(found.ai_addr, found.ai_addrlen, text.data(),
                                   static_cast<socklen_t>(text.size()), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text.data() : "";
}

}  // namespace

std::vector<PostgresPlace> PlacesOf(std::string_view hosts, std::string_view addresses,
                                    std::string_view ports) {
  const std::vector<std::string> names = Split(hosts);
  const std::vector<std::string> numbers = Split(addresses);
  const std::vector<std::string> doors = Split(ports);
  const std::size_t count = std::max<std::size_t>({names.size(), numbers.size(), 1});
  const auto fits = [&](std::size_t size) { return size == 0 || size == count; };
  if (!fits(names.size()) || !fits(numbers.size()) || (doors.size() > 1 && doors.size() != count)) {
    return {PostgresPlace()};
  }
  std::vector<PostgresPlace> places;
  for (std::size_t position = 0; position < count; ++position) {
    std::string port = At(doors, position);
    if (port.empty() && doors.size() > 1) port = kDefaultPort;
    places.push_back({At(names, position), At(numbers, position), std::move(port)});
  }
  // libpq knows a default for a host that is left empty, and it would take a list for that one.
  const auto is_named = [](const PostgresPlace& place) {
    return !place.host.empty() || !place.address.empty();
  };
  if (places.size() > 1 && !std::ranges::all_of(places, is_named)) return {PostgresPlace()};
  return places;
}

std::vector<PostgresPlace> Resolve(const PostgresPlace& place, std::string& why) {
  if (!place.address.empty() || place.host.empty() || IsSocketPath(place.host)) return {place};
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int failed = ::getaddrinfo(place.host.c_str(), nullptr, &wanted, &raw);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  std::vector<PostgresPlace> places;
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    places.push_back({place.host, NumericOf(*one), place.port});
  }
  if (places.empty()) {
    why = "could not translate host name \"" + place.host +
          "\" to address: " + ::gai_strerror(failed);
  }
  return places;
}

}  // namespace headrace::graph
