#include "common/graph/postgres_dial.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "common/graph/postgres_places.h"

namespace headrace::graph {
namespace {

struct Parameter {
  const char* name;
  const char* value;
};
// Of ours, before whatever the URL says. A standby would refuse each write, so that of several
// hosts the primary is looked for, and a host that does not answer holds that up for seconds only.
// A silent network is noticed by the kernel too.
constexpr Parameter kDefaults[] = {
    {"fallback_application_name", "headrace"},
    {"target_session_attrs", "read-write"},
    {"connect_timeout", "5"},
    {"tcp_user_timeout", "30000"},
    {"keepalives_idle", "30"},
};

// A server that is starting, or going down. Any other answer with a state is the answer.
constexpr std::string_view kNotReadyState = "57P03";

bool IsStateByte(char byte) { return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z'); }

// libpq has no call for the SQLSTATE of a connection that was refused; in its verbose messages
// the state stands between colons: "FATAL:  28P01: password authentication failed".
std::string StateIn(std::string_view message) {
  constexpr std::size_t kStateBytes = 5;
  for (std::size_t at = message.find(":  "); at != std::string_view::npos;
       at = message.find(":  ", at + 1)) {
    const std::string_view rest = message.substr(at + 3);
    if (rest.size() > kStateBytes && rest[kStateBytes] == ':' &&
        std::all_of(rest.begin(), rest.begin() + kStateBytes, IsStateByte)) {
      return std::string(rest.substr(0, kStateBytes));
    }
  }
  return "";
}

struct Meaning {
  std::string_view text;
  std::string_view state;
};
// PgBouncer calls whatever it refuses a violation of the protocol. What the server would call it:
constexpr std::string_view kProtocolViolation = "08P01";
constexpr Meaning kPoolersMeanings[] = {
    {"authentication failed", "28P01"},
    {"no such user", "28P01"},
    {"no such database", "3D000"},
    {"\" does not exist", "3D000"},
    {"unsupported startup parameter", kUnusableState},
};

std::string MeaningOf(const std::string& state, std::string_view message) {
  if (state != kProtocolViolation) return state;
  const auto* const found =
      std::find_if(std::begin(kPoolersMeanings), std::end(kPoolersMeanings),
                   [&](const Meaning& one) { return message.find(one.text) != message.npos; });
  return found == std::end(kPoolersMeanings) ? state : std::string(found->state);
}

// Whether no server can answer whatever we wait: libpq cannot use a setting, a file of ours or the
// password, which is missing. It has no code for any of that; its texts are never translated here.
bool IsUnusable(const PGconn* raw, bool at_once) {
  if (PQconnectionNeedsPassword(raw) == 1) return true;
  const std::string_view why = PQerrorMessage(raw);
  const auto says = [&](std::string_view text) { return why.find(text) != why.npos; };
  if (says("invalid integer value") || says("certificate file") || says("private key file")) {
    return true;
  }
  // Otherwise it names the host that it tried.
  return at_once && !says("connection to server") && !says("could not translate") &&
         !says("out of memory");
}

// `besides` wins over the URL where it has a value. Null without memory.
PostgresSession Start(const std::string& conninfo, const std::vector<Parameter>& besides) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  const auto add = [&](const Parameter& one) {
    names.push_back(one.name);
    values.push_back(one.value);
  };
  std::for_each(std::begin(kDefaults), std::end(kDefaults), add);
  // Expanded by libpq, and what stands later wins.
  add({"dbname", conninfo.c_str()});
  // We send UTF-8. Under any other name the server would convert it once more, and store that.
  add({"client_encoding", "UTF8"});
  std::for_each(besides.begin(), besides.end(), add);
  add({nullptr, nullptr});
  return PostgresSession(PQconnectStartParams(names.data(), values.data(), 1));
}

// libpq would print it.
void IgnoreNotice(void*, const PGresult*) {}

PostgresError NoMemory() { return {"53200", "no memory for a connection"}; }

// What libpq makes of the URL, its environment and its files.
struct Plan {
  std::vector<PostgresPlace> places;
  std::optional<std::chrono::seconds> limit;  // for each address
  std::optional<PostgresError> error;
};

std::string_view OptionIn(const PQconninfoOption* options, std::string_view name) {
  while (options->keyword != nullptr && options->keyword != name) ++options;
  return options->keyword == nullptr || options->val == nullptr ? "" : options->val;
}

// As libpq has it: without a number, or a positive one, there is no limit.
void TakeLimit(std::string_view text, Plan& plan) {
  int seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!text.empty() && (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())) {
    plan.error = {std::string(kUnusableState), "connect_timeout: invalid integer value"};
  }
  if (seconds > 0) plan.limit = std::chrono::seconds(seconds);
}

// Only a connection tells it. This one is refused by libpq before it touches the network.
Plan PlanFor(const std::string& conninfo) {
  Plan plan;
  const PostgresSession refused = Start(conninfo, {{"target_session_attrs", "none"}});
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfo(refused.get()), &PQconninfoFree);
  if (!options) {
    plan.error = NoMemory();
    return plan;
  }
  plan.places = PlacesOf(OptionIn(options.get(), "host"), OptionIn(options.get(), "hostaddr"),
                         OptionIn(options.get(), "port"));
  TakeLimit(OptionIn(options.get(), "connect_timeout"), plan);
  return plan;
}

PostgresError ErrorOf(const PGconn* raw, bool at_once) {
  const std::string text = PQerrorMessage(raw);
  const std::string state = StateIn(text);
  if (state.empty())
    return {IsUnusable(raw, at_once) ? std::string(kUnusableState) : "", OneLine(text)};
  PostgresError failed{MeaningOf(state, text), OneLine(text)};
  // Whoever shows the error adds the state.
  const std::string shown = ":  " + state + ":";
  const std::size_t at = failed.message.find(shown);
  if (at != std::string::npos) failed.message.replace(at, shown.size(), ":");
  return failed;
}

PostgresError Stopping() { return {"", "the store is stopping"}; }

PostgresError Silence(const PGconn* raw, const PostgresPatience& patience) {
  if (patience.Over(SystemClock().Now())) return Stopping();
  return {"", "connection to server at \"" + std::string(PQhostaddr(raw)) + "\", port " +
                  PQport(raw) + " failed: no answer within connect_timeout"};
}

// libpq names the address alone, where it was given one.
std::string WithName(std::string message, const PostgresPlace& place) {
  const std::string address = " at \"" + place.address + "\"";
  const std::size_t at = message.find(address);
  if (at == std::string::npos || place.host.empty() || place.host == place.address) return message;
  return message.replace(at, address.size(), " at \"" + place.host + "\" (" + place.address + ")");
}

// One attempt, without the waiting calls of libpq: those look at no patience.
Dialed Try(const std::string& conninfo, const PostgresPlace& place, const Plan& plan,
           const PostgresPatience& patience) {
  const SteadyTime deadline = plan.limit ? SystemClock().Now() + *plan.limit : SteadyTime::max();
  PostgresSession session = Start(conninfo, {{"host", place.host.c_str()},
                                             {"hostaddr", place.address.c_str()},
                                             {"port", place.port.c_str()}});
  PGconn* const raw = session.get();
  if (raw == nullptr) return {nullptr, NoMemory()};
  if (PQstatus(raw) == CONNECTION_BAD) return {nullptr, ErrorOf(raw, /*at_once=*/true)};
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);  // else no SQLSTATE comes
  PQsetNoticeReceiver(raw, &IgnoreNotice, nullptr);
  auto state = PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_WRITING || state == PGRES_POLLING_READING) {
    const short event = state == PGRES_POLLING_WRITING ? POLLOUT : POLLIN;
    if (!patience.AwaitSocket(PQsocket(raw), event, deadline))
      return {nullptr, Silence(raw, patience)};
    state = PQconnectPoll(raw);
  }
  if (state != PGRES_POLLING_OK || PQsetnonblocking(raw, 1) != 0) {
    return {nullptr, ErrorOf(raw, /*at_once=*/false)};
  }
  PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
  return {std::move(session), std::nullopt};
}

// Whether another server may do better. One that refuses us is believed.
bool MayGoOn(const PostgresError& failed) {
  return failed.sqlstate.empty() || failed.sqlstate == kNotReadyState;
}

}  // namespace

void CloseSession::operator()(pg_conn* raw) const { PQfinish(raw); }

Dialed Dial(const std::string& conninfo, const PostgresPatience& patience) {
  const Plan plan = PlanFor(conninfo);
  if (plan.error) return {nullptr, plan.error};
  PostgresError failed;  // of all hosts
  const auto add = [&](const std::string& state, const std::string& message) {
    if (failed.sqlstate.empty()) failed.sqlstate = state;
    failed.message += (failed.message.empty() ? "" : "; ") + message;
  };
  for (const PostgresPlace& place : plan.places) {
    std::string why;
    for (const PostgresPlace& address : Resolve(place, why)) {
      if (patience.Over(SystemClock().Now())) return {nullptr, Stopping()};
      Dialed dialed = Try(conninfo, address, plan, patience);
      if (!dialed.error) return dialed;
      add(dialed.error->sqlstate, WithName(dialed.error->message, address));
      if (!MayGoOn(*dialed.error)) return {nullptr, failed};
    }
    if (!why.empty()) add("", why);
  }
  return {nullptr, failed};
}

}  // namespace headrace::graph
