// TLS to Redis. Private to this folder; only where hiredis has TLS (1.0 and later).
#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"

struct redisContext;  // hiredis

namespace headrace::redis {

// Verifies the server's certificate against the system's authorities (or SSL_CERT_FILE, which
// OpenSSL reads) and its name against the host; TLS 1.2 at least.
class TlsClient {
 public:
  // kInvalid when OpenSSL cannot be set up.
  static Result<std::unique_ptr<TlsClient>> Open();
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Shakes hands on a fresh connection. kInvalid for a certificate that is not to be trusted,
  // kTransient for a connection that broke.
  Status Start(redisContext* connection, const std::string& host);

 private:
  struct Impl;
  explicit TlsClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::redis
