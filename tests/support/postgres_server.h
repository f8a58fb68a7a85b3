// A private PostgreSQL server for one test, by way of scripts/postgres.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"

namespace headrace::support {

// Owns the server and its data. Listens on 127.0.0.1 only.
class PostgresServer {
 public:
  struct Options {
    std::string settings;    // "name=value", one a line
    std::string password;    // asked for, when not empty
    std::string standby_of;  // address of another server: this one becomes its streaming standby
  };
  // Returns when the server answers.
  static Result<std::unique_ptr<PostgresServer>> Start(const Options& options);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // `user` is "name" or "name:password".
  std::string Url(const std::string& query = "", const std::string& user = "headrace") const;
  // Ends all sessions, as a restart does; the data stay.
  bool Stop() const;
  // Ends all of its processes at once, as a crash does; the data stay, as far as they were written.
  bool Kill() const;
  // Starts it again on the same port.
  bool StartAgain() const;

 private:
  PostgresServer(Options options, std::string directory)
      : options_(std::move(options)), directory_(std::move(directory)) {}
  bool Run(const std::string& verb) const;

  const Options options_;
  const std::string directory_;
  int port_ = 0;
};

// Runs a shell command; true when it ended with 0.
bool Shell(const std::string& command);

}  // namespace headrace::support
