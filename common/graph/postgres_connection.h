// Statements over a session of libpq's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/graph/postgres_arrays.h"
#include "common/graph/postgres_dial.h"
#include "common/graph/postgres_errors.h"
#include "common/graph/postgres_patience.h"
#include "common/graph/postgres_settings.h"

struct pg_result;

namespace headrace::graph {

struct ClearResult {
  void operator()(pg_result* raw) const;
};
using PostgresResult = std::unique_ptr<pg_result, ClearResult>;

// What a statement answered: rows in binary form, or an error.
class PostgresAnswer {
 public:
  explicit PostgresAnswer(PostgresResult result) : result_(std::move(result)) {}
  explicit PostgresAnswer(PostgresError error) : error_(std::move(error)) {}

  const std::optional<PostgresError>& error() const { return error_; }
  int rows() const;
  std::string_view Bytes(int row, int column) const;  // empty for NULL
  bool IsNull(int row, int column) const;
  std::int64_t Int(int row, int column) const { return ReadInteger(Bytes(row, column)); }

 private:
  PostgresResult result_;
  std::optional<PostgresError> error_;
};

// One session, opened when it is first needed and again after it broke. Every statement is sent
// with its values in one unnamed message, so that a pooler between may give each transaction
// another session. Used by one thread at a time; no statement lasts longer than the settings'
// timeout, and connecting no longer than connect_timeout for each host.
class PostgresConnection {
 public:
  // `patience` lives longer.
  explicit PostgresConnection(const PostgresSettings& settings,
                              const PostgresPatience& patience = PostgresPatience::Endless());
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // One statement; "{schema}" in it stands for the schema's quoted name. One that writes selects
  // "{durably}" besides, so that it is on disk when the answer comes, whatever the server's
  // default.
  PostgresAnswer Run(std::string_view sql, const std::vector<PostgresValue>& values = {});
  // Several statements without values, in one transaction unless they say otherwise.
  PostgresAnswer RunScript(const std::string& sql);

  std::string quoted_schema() const;

 private:
  std::optional<PostgresError> EnsureOpen();
  PostgresAnswer Await(bool sent);
  PostgresResult TakeResults(std::optional<PostgresError>& failed);
  bool Advance(SteadyTime deadline);
  void EndStatement() const;
  PostgresError LastError() const;

  const PostgresSettings settings_;
  const PostgresPatience& patience_;
  PostgresSession session_;
  bool unreplicated_ = false;  // the statement at hand was committed without its standby
};

}  // namespace headrace::graph
