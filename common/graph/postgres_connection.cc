#include "common/graph/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <utility>

namespace headrace::graph {
namespace {

constexpr int kBinary = 1;

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

void ClearResult::operator()(pg_result* raw) const { PQclear(raw); }

int PostgresAnswer::rows() const { return result_ ? PQntuples(result_.get()) : 0; }

std::string_view PostgresAnswer::Bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool PostgresAnswer::IsNull(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) == 1;
}

PostgresConnection::PostgresConnection(const PostgresSettings& settings,
                                       const PostgresPatience& patience)
    : settings_(settings), patience_(patience) {}

std::string PostgresConnection::quoted_schema() const {
  std::string quoted = "\"";
  for (const char byte : settings_.schema) {
    if (byte == '"') quoted += '"';
    quoted += byte;
  }
  return quoted + '"';
}

std::optional<PostgresError> PostgresConnection::EnsureOpen() {
  if (patience_.Over(SystemClock().Now())) return PostgresError{"", "the store is stopping"};
  if (session_ && PQstatus(session_.get()) == CONNECTION_OK) return std::nullopt;
  session_.reset();
  Dialed dialed = Dial(settings_.conninfo, patience_);
  if (dialed.error) return std::move(dialed.error);
  session_ = std::move(dialed.session);
  PQsetNoticeReceiver(session_.get(), TakeNotice, &unreplicated_);
  return std::nullopt;
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
  return Await(PQsendQueryParams(session_.get(), filled.c_str(), static_cast<int>(values.size()),
                                 types.data(), bytes.data(), lengths.data(), formats.data(),
                                 kBinary) == 1);
}

PostgresAnswer PostgresConnection::RunScript(const std::string& sql) {
  if (auto failed = EnsureOpen()) return PostgresAnswer(*std::move(failed));
  return Await(PQsendQuery(session_.get(), sql.c_str()) == 1);
}

// After an error that the server may not repeat on another session, and whenever it is not known
// what it still does, this one is given up.
PostgresAnswer PostgresConnection::Await(bool sent) {
  unreplicated_ = false;
  std::optional<PostgresError> failed;
  PostgresResult last;
  if (sent) {
    last = TakeResults(failed);
  } else {
    failed = LastError();
  }
  const bool unfinished = PQtransactionStatus(session_.get()) == PQTRANS_ACTIVE;
  const bool broken = PQstatus(session_.get()) != CONNECTION_OK;
  if (!failed && unfinished && !broken) {
    failed = PostgresError{"", "the server did not answer in time"};
    EndStatement();
  } else if (!failed && (broken || !last)) {
    failed = LastError();
  } else if (!failed && unreplicated_) {
    failed = PostgresError{"57014", "the commit was not to wait for its standby any more"};
  }
  if (!failed) return PostgresAnswer(std::move(last));
  if (unfinished || NeedsNewConnection(*failed)) session_.reset();
  return PostgresAnswer(*std::move(failed));
}

// The last result, and the first error.
PostgresResult PostgresConnection::TakeResults(std::optional<PostgresError>& failed) {
  const SteadyTime deadline = SystemClock().Now() + settings_.timeout;
  PostgresResult last;
  while (Advance(deadline)) {
    PostgresResult next(PQgetResult(session_.get()));
    if (!next) break;
    const auto status = PQresultStatus(next.get());
    if (!failed && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      const char* const state = PQresultErrorField(next.get(), PG_DIAG_SQLSTATE);
      const char* const text = PQresultErrorField(next.get(), PG_DIAG_MESSAGE_PRIMARY);
      failed = PostgresError{state == nullptr ? "" : state,
                             OneLine(text == nullptr ? PQresultErrorMessage(next.get()) : text)};
    }
    last = std::move(next);
  }
  return last;
}

// Until there is a result, or the end of them. False when nothing is to be waited for any more.
bool PostgresConnection::Advance(SteadyTime deadline) {
  for (;;) {
    const bool unsent = PQflush(session_.get()) == 1;
    if (!unsent && PQisBusy(session_.get()) == 0) return true;
    // Ready to be read is a reason to look while sending too: the server may have refused what it
    // has already got.
    const short events = POLLIN | (unsent ? POLLOUT : 0);
    if (!patience_.AwaitSocket(PQsocket(session_.get()), events, deadline)) return false;
    if (PQconsumeInput(session_.get()) == 0) return false;
  }
}

// A statement that was given up would go on waiting for its lock or standby, in a session of the
// server, and the next try would add another one. PQcancel waits without a limit for whoever is
// there, so that it is asked before whether anybody answers.
void PostgresConnection::EndStatement() const {
  // The address, where there is one: a name may have many, and each would be given the time.
  const char* const names[] = {"host", "hostaddr", "port", "connect_timeout", nullptr};
  const char* const values[] = {PQhost(session_.get()), PQhostaddr(session_.get()),
                                PQport(session_.get()), "2", nullptr};
  if (PQpingParams(names, values, 0) != PQPING_OK) return;
  char why[256];
  PGcancel* const cancel = PQgetCancel(session_.get());
  PQcancel(cancel, why, sizeof(why));
  PQfreeCancel(cancel);
}

PostgresError PostgresConnection::LastError() const {
  return {"", OneLine(PQerrorMessage(session_.get()))};
}

}  // namespace headrace::graph
