#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace headrace::intake {

// SHA-256 over bytes as they come; OpenSSL stays behind it.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::string_view bytes);
  // 64 lower-case hex digits, as sha256sum prints them. Call once.
  std::string FinishHex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::intake
