#include "common/graph/sqlite_handles.h"

#include <sqlite3.h>

#include "common/graph/sqlite_errors.h"

namespace headrace::graph {

static_assert(kSqliteOk == SQLITE_OK && kSqliteRow == SQLITE_ROW && kSqliteDone == SQLITE_DONE);

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path,
                                                     std::chrono::milliseconds busy_timeout) {
  sqlite3* raw = nullptr;
  // No mutex of SQLite's own: our threads do not share connections without one of ours.
  const int code =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (raw == nullptr) return Transient("no memory for a SQLite connection");
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (code != SQLITE_OK) return CallErrorOf(code, connection->LastMessage());
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
  return connection;
}

Connection::~Connection() { sqlite3_close_v2(raw_); }

SqliteCode Connection::Run(const char* sql) {
  return sqlite3_exec(raw_, sql, nullptr, nullptr, nullptr);
}

void Connection::RollBack() {
  if (sqlite3_get_autocommit(raw_) == 0) Run("ROLLBACK");
}

std::string Connection::LastMessage() const { return sqlite3_errmsg(raw_); }
std::int64_t Connection::LastInsertId() const { return sqlite3_last_insert_rowid(raw_); }
std::int64_t Connection::ChangedRows() const { return sqlite3_changes64(raw_); }

Statement::~Statement() { sqlite3_finalize(raw_); }

void Statement::Keep(SqliteCode code) {
  if (failed_ == kSqliteOk) failed_ = code;
}

Statement& Statement::Start() {
  failed_ = kSqliteOk;
  bound_ = 0;
  if (raw_ == nullptr) {
    Keep(
        sqlite3_prepare_v3(connection_.raw(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &raw_, nullptr));
  } else {
    Reset();
  }
  return *this;
}

Statement& Statement::Add(std::int64_t value) {
  Keep(sqlite3_bind_int64(raw_, ++bound_, value));
  return *this;
}

Statement& Statement::Add(std::string_view text) {
  // A view without memory would be bound as NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  Keep(sqlite3_bind_text64(raw_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::AddBlob(std::string_view bytes) {
  Keep(sqlite3_bind_blob64(raw_, ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::AddNull() {
  Keep(sqlite3_bind_null(raw_, ++bound_));
  return *this;
}

SqliteCode Statement::Step() { return failed_ != kSqliteOk ? failed_ : sqlite3_step(raw_); }

SqliteCode Statement::Run() {
  const SqliteCode code = Step();
  Reset();
  return code == kSqliteDone ? kSqliteOk : code;
}

// The result of sqlite3_reset repeats the error of the last step, which its caller has.
void Statement::Reset() { sqlite3_reset(raw_); }

std::int64_t SqliteRow::Int(int column) const { return sqlite3_column_int64(raw_, column); }

std::string_view SqliteRow::Text(int column) const {
  // The pointer first: asking for it may convert the value and so change its size.
  const unsigned char* text = sqlite3_column_text(raw_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))};
}

bool SqliteRow::IsNull(int column) const {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

}  // namespace headrace::graph
