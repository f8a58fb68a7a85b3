// hiredis' own set-up verifies the chain but never compares the certificate's name with the host,
// so anybody with any certificate could stand in for Redis. Therefore the SSL object is ours.
#include "common/redis/tls.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace headrace::redis {
namespace {

bool IsIpAddress(const std::string& host) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

std::string LastError() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

}  // namespace

struct TlsClient::Impl {
  ~Impl() { SSL_CTX_free(context); }
  SSL_CTX* context = nullptr;
};

TlsClient::TlsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<TlsClient>> TlsClient::Open() {
  auto impl = std::make_unique<Impl>();
  impl->context = SSL_CTX_new(TLS_client_method());
  if (impl->context == nullptr ||
      SSL_CTX_set_min_proto_version(impl->context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_default_verify_paths(impl->context) != 1) {
    return Invalid("TLS cannot be set up: " + LastError());
  }
  SSL_CTX_set_verify(impl->context, SSL_VERIFY_PEER, nullptr);
  return std::unique_ptr<TlsClient>(new TlsClient(std::move(impl)));
}

Status TlsClient::Start(redisContext* connection, const std::string& host) {
  std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(impl_->context));
  if (ssl == nullptr) return Transient("TLS: " + LastError());
  if (IsIpAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
    SSL_set1_host(ssl.get(), host.c_str());
  }
  SSL* raw = ssl.get();
  // On success the connection owns the SSL object; on failure hiredis leaves it to us.
  if (redisInitiateSSL(connection, raw) == REDIS_OK) {
    static_cast<void>(ssl.release());
    return {};
  }
  const long verdict = SSL_get_verify_result(raw);
  if (verdict != X509_V_OK) {
    return Invalid(std::string("the certificate is not to be trusted: ") +
                   X509_verify_cert_error_string(verdict));
  }
  return Transient(std::string("TLS: ") + connection->errstr);
}

}  // namespace headrace::redis
