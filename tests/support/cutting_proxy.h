// Between a client and a server of this machine: passes bytes on, and cuts when it is told to.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "tests/support/loopback.h"

namespace headrace::support {

// Listens on a free port of 127.0.0.1.
class CuttingProxy {
 public:
  explicit CuttingProxy(int server_port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  int port() const { return listener_.port(); }
  // Once: a request that holds `text` goes through, and both sides are cut as the answer arrives.
  // The client learns nothing of what it asked for.
  void CutTheAnswerTo(const std::string& text);
  int cuts() const { return cuts_; }

 private:
  void Accept();
  void Pass(int client);
  bool IsToBeCut(const std::string& request);

  const int server_port_;
  const LoopbackListener listener_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> cuts_ = 0;
  Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
  std::vector<std::jthread> passing_;
  std::jthread accepting_;
};

}  // namespace headrace::support
