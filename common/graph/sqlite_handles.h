// Owning handles over SQLite's C API. With sqlite_schema.cc and sqlite_errors.cc the only place
// that knows it; everything above works with these classes and result codes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace headrace::graph {

// An extended result code of SQLite. Statements tell three successes apart.
using SqliteCode = int;
inline constexpr SqliteCode kSqliteOk = 0;
inline constexpr SqliteCode kSqliteRow = 100;
inline constexpr SqliteCode kSqliteDone = 101;

// One connection; used by one thread at a time. Outlives its statements.
class Connection {
 public:
  // Opens or creates the file; `path` is an ordinary path, never a URI.
  static Result<std::unique_ptr<Connection>> Open(const std::string& path,
                                                  std::chrono::milliseconds busy_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs statements that take no values; rows are dropped.
  SqliteCode Run(const char* sql);
  // Ends a transaction that is still open; SQLite itself ends it after some errors.
  void RollBack();

  std::string LastMessage() const;
  std::int64_t LastInsertId() const;
  std::int64_t ChangedRows() const;
  sqlite3* raw() const { return raw_; }

 private:
  explicit Connection(sqlite3* raw) : raw_(raw) {}
  sqlite3* raw_;
};

// The current row of a statement, valid until its next Step. Columns count from 0.
class SqliteRow {
 public:
  explicit SqliteRow(sqlite3_stmt* raw) : raw_(raw) {}
  std::int64_t Int(int column) const;
  std::string_view Text(int column) const;  // empty for NULL; a blob as its bytes
  bool IsNull(int column) const;

 private:
  sqlite3_stmt* raw_;
};

// A prepared statement, prepared at its first use. Values are bound in the order of Add calls and
// must live until Reset or the next Start. The first error sticks and comes back from Step, so that
// nobody has to look at every Add.
class Statement {
 public:
  // `sql` must be a literal.
  Statement(Connection& connection, const char* sql) : connection_(connection), sql_(sql) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Start();
  Statement& Add(std::int64_t value);
  Statement& Add(std::string_view text);
  Statement& AddBlob(std::string_view bytes);
  Statement& AddNull();
  SqliteCode Step();  // kSqliteRow, kSqliteDone or an error
  SqliteCode Run();   // for statements without rows: Step and Reset; kSqliteOk when done
  void Reset();

  SqliteRow row() const { return SqliteRow(raw_); }

 private:
  void Keep(SqliteCode code);

  Connection& connection_;
  const char* sql_;
  sqlite3_stmt* raw_ = nullptr;
  int bound_ = 0;
  SqliteCode failed_ = kSqliteOk;
};

}  // namespace headrace::graph
