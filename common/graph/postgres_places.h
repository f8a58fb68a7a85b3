// Where a PostgreSQL may be: the hosts of a URL, each with its addresses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headrace::graph {

// As libpq's parameters; what is empty is libpq's own choice.
struct PostgresPlace {
  std::string host;     // a name, which certificates and password files know the server by
  std::string address;  // of the network
  std::string port;
};

// The parameters hold a list each; see libpq's rules for how they fit. In the order of the lists.
// Where they do not fit, or a host is left empty among others, the only place is an empty one: the
// whole is libpq's then.
std::vector<PostgresPlace> PlacesOf(std::string_view hosts, std::string_view addresses,
                                    std::string_view ports);

// A place for each address that the host's name stands for; the place itself where it needs none.
// None when the name is not known; `why` says so then. May wait for the resolver.
std::vector<PostgresPlace> Resolve(const PostgresPlace& place, std::string& why);

}  // namespace headrace::graph
