// PgBouncer in front of a PostgreSQL server, in transaction mode.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/fakes/scratch_dir.h"

namespace headrace::support {

// Owns the process. Two sessions with the server for whoever comes.
class Pooler {
 public:
  // Of the server that a store's URL names. With a password, users have to give it; any otherwise.
  explicit Pooler(const std::string& store_url, const std::string& password = "");
  ~Pooler();
  Pooler(const Pooler&) = delete;
  Pooler& operator=(const Pooler&) = delete;

  // `user` is "name" or "name:password".
  std::string Url(const std::string& user, const std::string& database = "headrace") const;

 private:
  const testing::ScratchDir dir_;
  const int port_;
  pid_t process_ = 0;
};

}  // namespace headrace::support
