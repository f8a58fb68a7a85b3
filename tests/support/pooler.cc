#include "tests/support/pooler.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "common/base/check.h"
#include "tests/support/loopback.h"
#include "tests/support/postgres_server.h"

namespace headrace::support {
namespace {

bool Answers(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

}  // namespace

Pooler::Pooler(const std::string& store_url, const std::string& password)
    : port_(LoopbackListener().port()) {
  const std::string address = store_url.substr(store_url.find('@') + 1);
  const std::size_t colon = address.find(':');
  const std::string server = address.substr(colon + 1, address.find('/') - colon - 1);
  std::ofstream(dir_.File("users")) << "\"headrace\" \"" << password << "\"\n";
  std::ofstream(dir_.File("bouncer.ini"))
      << "[databases]\nheadrace = host=127.0.0.1 port=" << server << " user=headrace\n"
      << "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_ << "\n"
      << "unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = 2\nuser = nobody\n"
      << (password.empty() ? "auth_type = any\n" : "auth_type = scram-sha-256\n")
      << "auth_file = " << dir_.File("users") << "\nlogfile = " << dir_.File("log")
      << "\npidfile = " << dir_.File("pid") << "\n";
  CHECK(Shell("chmod -R a+rwX '" + dir_.File("") + "'"));
  process_ = fork();
  if (process_ == 0) {
    execl("/usr/sbin/pgbouncer", "pgbouncer", "-q", dir_.File("bouncer.ini").c_str(), nullptr);
    _exit(127);
  }
  // One that ends early is seen by whoever connects.
  for (int tries = 0; !Answers(port_) && tries < 200; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Pooler::~Pooler() {
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
}

std::string Pooler::Url(const std::string& user, const std::string& database) const {
  return "postgresql://" + user + "@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

}  // namespace headrace::support
