#include "common/http/health_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <thread>
#include <utility>

namespace headrace::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;

constexpr std::chrono::seconds kDeadline{5};
constexpr std::size_t kConnectionsMax = 64;
constexpr std::size_t kHeaderBytesMax = 8 * 1024;

bhttp::response<bhttp::string_body> Answer(const bhttp::request<bhttp::empty_body>& request,
                                           const HealthChecks& checks) {
  bhttp::response<bhttp::string_body> answer{bhttp::status::ok, request.version()};
  answer.set(bhttp::field::content_type, "text/plain; charset=utf-8");
  if (request.method() != bhttp::verb::get && request.method() != bhttp::verb::head) {
    answer.result(bhttp::status::method_not_allowed);
    answer.set(bhttp::field::allow, "GET, HEAD");
  } else if (request.target() == "/metrics") {
    answer.set(bhttp::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    answer.body() = checks.metrics();
  } else if (request.target() == "/healthz") {
    const bool alive = checks.alive();
    if (!alive) answer.result(bhttp::status::service_unavailable);
    answer.body() = alive ? "ok\n" : "the loop does not move\n";
  } else if (request.target() == "/readyz") {
    const std::string reason = checks.not_ready();
    if (!reason.empty()) answer.result(bhttp::status::service_unavailable);
    answer.body() = reason.empty() ? "ready\n" : reason + "\n";
  } else {
    answer.result(bhttp::status::not_found);
    answer.body() = "try /metrics, /healthz or /readyz\n";
  }
  answer.keep_alive(false);
  answer.prepare_payload();
  if (request.method() == bhttp::verb::head) answer.body().clear();
  return answer;
}

// One request, one answer. Kept alive by its own pending operation, which is why it is shared.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const HealthChecks& checks, std::size_t& open)
      : stream_(std::move(socket)), checks_(checks), open_(open) {
    ++open_;
    parser_.header_limit(kHeaderBytesMax);
  }
  ~Session() { --open_; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Read() {
    stream_.expires_after(kDeadline);
    bhttp::async_read(stream_, buffer_, parser_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error) self->Write();
                      });
  }

 private:
  void Write() {
    answer_ = Answer(parser_.get(), checks_);
    bhttp::async_write(stream_, answer_,
                       [self = shared_from_this()](beast::error_code error, std::size_t) {
                         if (!error)
                           self->stream_.socket().shutdown(tcp::socket::shutdown_send, error);
                       });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  bhttp::request_parser<bhttp::empty_body> parser_;
  bhttp::response<bhttp::string_body> answer_;
  const HealthChecks& checks_;
  std::size_t& open_;
};

class BeastHealthServer final : public HealthServer {
 public:
  BeastHealthServer(tcp::endpoint endpoint, HealthChecks checks)
      : endpoint_(std::move(endpoint)), checks_(std::move(checks)), acceptor_(context_) {}
  ~BeastHealthServer() override { Stop(); }

  Status Start() override {
    beast::error_code error;
    acceptor_.open(endpoint_.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint_, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Transient("listen on " + address() + ": " + error.message());
    endpoint_ = acceptor_.local_endpoint();
    Accept();
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  void Stop() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  std::string address() const override {
    const std::string host = endpoint_.address().to_string();
    return (endpoint_.address().is_v6() ? "[" + host + "]" : host) + ":" +
           std::to_string(endpoint_.port());
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!error && open_ < kConnectionsMax) {
        std::make_shared<Session>(std::move(socket), checks_, open_)->Read();
      }
      Accept();
    });
  }

  tcp::endpoint endpoint_;
  const HealthChecks checks_;
  std::size_t open_ = 0;  // owned by the server's thread; outlives the sessions in context_
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HealthServer>> OpenHealthServer(const std::string& listen,
                                                       HealthChecks checks) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return Invalid("'" + listen + "' is not host:port");
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const char* end = listen.data() + listen.size();
  const auto [rest, wrong] = std::from_chars(listen.data() + colon + 1, end, port);
  beast::error_code error;
  const auto address = asio::ip::make_address(host.empty() ? "0.0.0.0" : host, error);
  if (error || wrong != std::errc() || rest != end) {
    return Invalid("'" + listen + "' is not host:port with an IP address or localhost");
  }
  return std::unique_ptr<HealthServer>(
      std::make_unique<BeastHealthServer>(tcp::endpoint(address, port), std::move(checks)));
}

}  // namespace headrace::http
