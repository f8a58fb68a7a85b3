#include "common/graph/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <utility>

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;

constexpr int kBinary = 1;
constexpr milliseconds kLook{200};  // whether the deadline still stands

struct Default {
  const char* name;
  const char* value;
};
// Of ours, before whatever the URL says. A standby would refuse each write, so that of several
// hosts the primary is looked for, and a host that does not answer holds that up for seconds only.
// A silent network is noticed by the kernel too.
constexpr Default kDefaults[] = {
    {"fallback_application_name", "headrace"},
    {"target_session_attrs", "read-write"},
    {"connect_timeout", "5"},
    {"tcp_user_timeout", "30000"},
    {"keepalives_idle", "30"},
};

// Of several hosts each has a line. Left out are libpq's hints, which begin with a tab, and what
// its verbose messages say of the server's source.
std::string OneLine(std::string_view text) {
  std::string joined;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.front() == '\t' || line.starts_with("LOCATION:")) continue;
    joined += (joined.empty() ? "" : "; ") + std::string(line);
  }
  return joined.empty() ? "no answer" : joined;
}

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
  // PgBouncer names protocol errors where it means the password.
  return message.find("password authentication failed") != std::string_view::npos ? "28P01" : "";
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

pg_conn* StartConnecting(const std::string& conninfo) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const Default& one : kDefaults) {
    names.push_back(one.name);
    values.push_back(one.value);
  }
  // Expanded by libpq, and what stands later wins.
  names.push_back("dbname");
  values.push_back(conninfo.c_str());
  // We send UTF-8. Under any other name the server would convert it once more, and store that.
  names.push_back("client_encoding");
  values.push_back("UTF8");
  names.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(names.data(), values.data(), 1);
}

// In the select list of whatever writes. Where the server, the database or the role has turned
// synchronous_commit off, a crash of the server could take back what it has called committed. Said
// in the transaction itself, because a pooler may stand between; other values are left alone.
constexpr std::string_view kDurably =
    "CASE current_setting('synchronous_commit') WHEN 'off'"
    " THEN set_config('synchronous_commit', 'on', true) END";

void Replace(std::string& text, std::string_view place, std::string_view with) {
  for (std::size_t at = text.find(place); at != std::string::npos;
       at = text.find(place, at + with.size())) {
    text.replace(at, place.size(), with);
  }
}

// libpq would print notices. One matters: somebody ended the wait for a standby (with
// pg_cancel_backend), and the server calls the commit a success. Its SQLSTATE is that of any
// warning and its text is translated, so that the function that raises it tells.
void TakeNotice(void* unreplicated, const PGresult* notice) {
  const char* const function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
  if (function != nullptr && std::string_view(function) == "SyncRepWaitForLSN") {
    *static_cast<bool*>(unreplicated) = true;
  }
}

}  // namespace

PostgresAnswer::PostgresAnswer(PostgresAnswer&& other) noexcept
    : raw_(std::exchange(other.raw_, nullptr)), error_(std::move(other.error_)) {}

PostgresAnswer::~PostgresAnswer() { PQclear(raw_); }

int PostgresAnswer::rows() const { return raw_ == nullptr ? 0 : PQntuples(raw_); }

std::string_view PostgresAnswer::Bytes(int row, int column) const {
  return {PQgetvalue(raw_, row, column), static_cast<std::size_t>(PQgetlength(raw_, row, column))};
}

bool PostgresAnswer::IsNull(int row, int column) const {
  return PQgetisnull(raw_, row, column) == 1;
}

PostgresConnection::PostgresConnection(const PostgresSettings& settings,
                                       const PostgresPatience* patience)
    : settings_(settings), patience_(patience) {}

PostgresConnection::~PostgresConnection() { Close(); }

void PostgresConnection::Close() {
  if (raw_ != nullptr) PQfinish(raw_);
  raw_ = nullptr;
}

std::string PostgresConnection::quoted_schema() const {
  std::string quoted = "\"";
  for (const char byte : settings_.schema) {
    if (byte == '"') quoted += '"';
    quoted += byte;
  }
  return quoted + '"';
}

std::optional<PostgresError> PostgresConnection::EnsureOpen() {
  if (patience_ != nullptr && patience_->Over(SystemClock().Now())) {
    return PostgresError{"", "the store is stopping"};
  }
  if (raw_ != nullptr && PQstatus(raw_) == CONNECTION_OK) return std::nullopt;
  Close();
  auto failed = Open();
  if (failed) Close();
  return failed;
}

// libpq goes on to the next host after connect_timeout only in calls that wait. Of those PQreset
// alone keeps a verbosity that was set before anything could fail; without it no SQLSTATE comes. It
// drops the attempt that StartConnecting has begun.
std::optional<PostgresError> PostgresConnection::Open() {
  raw_ = StartConnecting(settings_.conninfo);
  if (raw_ == nullptr) return PostgresError{"53200", "no memory for a connection"};
  PQsetErrorVerbosity(raw_, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(raw_, TakeNotice, &unreplicated_);
  const bool at_once = PQstatus(raw_) == CONNECTION_BAD;
  if (!at_once) PQreset(raw_);
  // From now on no call waits but Await, which knows a deadline.
  if (PQstatus(raw_) == CONNECTION_OK && PQsetnonblocking(raw_, 1) == 0) {
    PQsetErrorVerbosity(raw_, PQERRORS_DEFAULT);
    return std::nullopt;
  }
  PostgresError failed{StateIn(PQerrorMessage(raw_)), OneLine(PQerrorMessage(raw_))};
  // Whoever shows the error adds the state.
  if (!failed.sqlstate.empty()) Replace(failed.message, ":  " + failed.sqlstate + ":", ":");
  if (failed.sqlstate.empty() && IsUnusable(raw_, at_once)) failed.sqlstate = kUnusableState;
  return failed;
}

PostgresAnswer PostgresConnection::Run(std::string_view sql,
                                       const std::vector<PostgresValue>& values) {
  if (auto failed = EnsureOpen()) return PostgresAnswer(*std::move(failed));
  std::vector<Oid> types;
  std::vector<const char*> bytes;
  std::vector<int> lengths;
  for (const PostgresValue& value : values) {
    types.push_back(value.type);
    bytes.push_back(value.bytes.data());
    lengths.push_back(static_cast<int>(value.bytes.size()));
  }
  const std::vector<int> formats(values.size(), kBinary);
  std::string filled(sql);
  Replace(filled, "{durably}", kDurably);
  Replace(filled, "{schema}", quoted_schema());
  return Await(PQsendQueryParams(raw_, filled.c_str(), static_cast<int>(values.size()),
                                 types.data(), bytes.data(), lengths.data(), formats.data(),
                                 kBinary) == 1);
}

PostgresAnswer PostgresConnection::RunScript(const std::string& sql) {
  if (auto failed = EnsureOpen()) return PostgresAnswer(*std::move(failed));
  return Await(PQsendQuery(raw_, sql.c_str()) == 1);
}

// The last result, or the first error. After an error that the server may not repeat on another
// session, and whenever it is not known what it still does, this one is given up.
PostgresAnswer PostgresConnection::Await(bool sent) {
  const SteadyTime deadline = SystemClock().Now() + settings_.timeout;
  pg_result* last = nullptr;
  std::optional<PostgresError> failed;
  unreplicated_ = false;
  if (!sent) failed = LastError();
  while (sent) {
    const bool unsent = PQflush(raw_) == 1;
    if (unsent || PQisBusy(raw_) == 1) {
      if (!WaitForSocket(unsent, deadline) || PQconsumeInput(raw_) == 0) break;
      continue;
    }
    pg_result* const next = PQgetResult(raw_);
    if (next == nullptr) break;
    PQclear(last);
    last = next;
    const auto status = PQresultStatus(next);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || failed) continue;
    const char* const state = PQresultErrorField(next, PG_DIAG_SQLSTATE);
    const char* const text = PQresultErrorField(next, PG_DIAG_MESSAGE_PRIMARY);
    failed = PostgresError{state == nullptr ? "" : state,
                           OneLine(text == nullptr ? PQresultErrorMessage(next) : text)};
  }
  const bool unfinished = PQtransactionStatus(raw_) == PQTRANS_ACTIVE;
  if (!failed && (last == nullptr || unfinished || PQstatus(raw_) != CONNECTION_OK)) {
    const bool too_late = unfinished && PQstatus(raw_) == CONNECTION_OK;
    failed = too_late ? PostgresError{"", "the server did not answer in time"} : LastError();
    if (too_late) EndStatement();
  }
  if (!failed && unreplicated_) {
    failed = PostgresError{"57014", "the commit was not to wait for its standby any more"};
  }
  if (!failed) return PostgresAnswer(last);
  PQclear(last);
  if (unfinished || NeedsNewConnection(*failed)) Close();
  return PostgresAnswer(*std::move(failed));
}

// A statement that was given up would go on waiting for its lock or standby, in a session of the
// server, and the next try would add another one. PQcancel waits without a limit for whoever is
// there, so that it is asked before whether anybody answers.
void PostgresConnection::EndStatement() const {
  // The address, where there is one: a name may have many, and each would be given the time.
  const char* const names[] = {"host", "hostaddr", "port", "connect_timeout", nullptr};
  const char* const values[] = {PQhost(raw_), PQhostaddr(raw_), PQport(raw_), "2", nullptr};
  if (PQpingParams(names, values, 0) != PQPING_OK) return;
  char why[256];
  PGcancel* const cancel = PQgetCancel(raw_);
  PQcancel(cancel, why, sizeof(why));
  PQfreeCancel(cancel);
}

// False when the deadline has passed, which another thread may bring forward. Ready to be read is a
// reason to look while sending too: the server may have refused what it has already got.
bool PostgresConnection::WaitForSocket(bool to_write, SteadyTime deadline) const {
  const SteadyTime now = SystemClock().Now();
  if (now >= deadline || (patience_ != nullptr && patience_->Over(now))) return false;
  const auto left = std::chrono::ceil<milliseconds>(deadline - now);
  pollfd ready{PQsocket(raw_), static_cast<short>(POLLIN | (to_write ? POLLOUT : 0)), 0};
  ::poll(&ready, 1, static_cast<int>(std::min(left, kLook).count()));
  return true;
}

PostgresError PostgresConnection::LastError() const { return {"", OneLine(PQerrorMessage(raw_))}; }

}  // namespace headrace::graph
