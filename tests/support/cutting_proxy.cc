#include "tests/support/cutting_proxy.h"

#include <poll.h>

#include <utility>

namespace headrace::support {
namespace {

constexpr int kPauseMs = 50;

// What is there now; empty: the peer is gone.
std::string Receive(int fd) {
  std::string bytes(1 << 16, '\0');
  const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

bool SendAll(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

CuttingProxy::CuttingProxy(int server_port)
    : server_port_(server_port), accepting_([this] { Accept(); }) {}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  accepting_.join();
  passing_.clear();
}

void CuttingProxy::CutTheAnswerTo(const std::string& text) {
  MutexLock lock(mutex_);
  text_ = text;
}

bool CuttingProxy::IsToBeCut(const std::string& request) {
  MutexLock lock(mutex_);
  if (text_.empty() || request.find(text_) == std::string::npos) return false;
  text_.clear();
  return true;
}

void CuttingProxy::Accept() {
  while (!stopping_) {
    pollfd ready{listener_.fd(), POLLIN, 0};
    if (poll(&ready, 1, kPauseMs) <= 0) continue;
    const int client = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) passing_.emplace_back([this, client] { Pass(client); });
  }
}

void CuttingProxy::Pass(int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(server_port_);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  bool cut_next_answer = false;
  while (open && !stopping_) {
    pollfd ready[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(ready, 2, kPauseMs) <= 0) continue;
    if (ready[0].revents != 0) {
      const std::string request = Receive(client);
      cut_next_answer |= IsToBeCut(request);
      open = !request.empty() && SendAll(server, request);
    }
    if (open && ready[1].revents != 0) {
      const std::string answer = Receive(server);
      if (cut_next_answer) ++cuts_;
      open = !cut_next_answer && !answer.empty() && SendAll(client, answer);
    }
  }
  close(client);
  close(server);
}

}  // namespace headrace::support
