#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/support/loopback.h"

namespace headrace::support {
namespace {

namespace fs = std::filesystem;

// Speaks just enough of the protocol to see whether the server is there.
bool Answers(int port, const std::string& password) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  bool answered = false;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string hello = (password.empty() ? "" : "AUTH " + password + "\r\n") + "PING\r\n";
    if (send(fd, hello.data(), hello.size(), MSG_NOSIGNAL) > 0) {
      std::string reply;
      char buffer[256];
      while (reply.find("+PONG") == std::string::npos) {
        const ssize_t count = recv(fd, buffer, sizeof(buffer), 0);
        if (count <= 0) break;
        reply.append(buffer, static_cast<std::size_t>(count));
        if (reply.find("\r\n-") != std::string::npos || reply.starts_with('-')) break;
      }
      answered = reply.find("+PONG") != std::string::npos;
    }
  }
  close(fd);
  return answered;
}

std::optional<std::string> InPath(const std::string& binary) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + binary;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

[[noreturn]] void Exec(const std::vector<std::string>& arguments, const std::string& log) {
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  execvp(raw[0], raw.data());
  _exit(127);
}

}  // namespace

Result<std::unique_ptr<RedisServer>> RedisServer::Start(const RedisServerOptions& options) {
  std::string directory = (fs::temp_directory_path() / "headrace-redis-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return Transient(std::strerror(errno));
  const int port = options.port == 0 ? FreePort() : options.port;
  std::vector<std::string> arguments = {
      options.binary, "--port", std::to_string(port), "--bind", "127.0.0.1",   "--dir", directory,
      "--save",       "",       "--appendonly",       "no",     "--daemonize", "no"};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  const pid_t pid = fork();
  if (pid < 0) return Transient(std::strerror(errno));
  if (pid == 0) Exec(arguments, directory + "/log");
  std::unique_ptr<RedisServer> server(new RedisServer(pid, port, directory));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!Answers(port, options.password)) {
    if (waitpid(pid, nullptr, WNOHANG) == pid) {
      server->pid_ = -1;
      return Permanent(options.binary + " ended at once; is it installed? (apt install redis)");
    }
    if (std::chrono::steady_clock::now() > deadline) return Transient("no answer to PING");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return server;
}

RedisServer::RedisServer(pid_t pid, int port, std::string directory)
    : pid_(pid), port_(port), directory_(std::move(directory)) {}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void RedisServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int FreePort() {
  // A server in cluster mode listens 10,000 higher as well.
  constexpr int kPortMax = 55'000;
  const int port = LoopbackListener().port();
  return port <= kPortMax ? port : FreePort();
}

std::vector<std::string> RedisBinaries() {
  const char* const given = std::getenv("VALKEY_SERVER");
  if (given != nullptr) return {"redis-server", given};
  if (const auto found = InPath("valkey-server")) return {"redis-server", *found};
  const char* const cache = std::getenv("HEADRACE_CACHE");
  const char* const home = std::getenv("HOME");
  const std::string root =
      cache != nullptr ? cache : std::string(home == nullptr ? "/root" : home) + "/.cache/headrace";
  return {"redis-server", root + "/valkey/usr/bin/valkey-server"};
}

}  // namespace headrace::support
