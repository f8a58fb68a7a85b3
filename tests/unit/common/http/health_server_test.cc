#include "common/http/health_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace headrace::http {
namespace {

// Sends `request` to 127.0.0.1:port and returns everything that comes back.
std::string Exchange(const std::string& address, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)), 0);
  EXPECT_EQ(::send(fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return answer;
}

class HealthServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = OpenHealthServer("127.0.0.1:0", {.metrics = [] { return "items_total 7\n"; },
                                                   .alive = [this] { return alive_; },
                                                   .not_ready = [this] { return not_ready_; }});
    ASSERT_TRUE(server.ok());
    server_ = std::move(*server);
    ASSERT_TRUE(server_->Start().ok());
  }

  std::string Get(const std::string& path) {
    return Exchange(server_->address(), "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  bool alive_ = true;
  std::string not_ready_;
  std::unique_ptr<HealthServer> server_;
};

TEST_F(HealthServerTest, ShowsMetricsInPrometheusFormat) {
  const std::string answer = Get("/metrics");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nitems_total 7\n"));
}

TEST_F(HealthServerTest, TellsLifeAndReadinessApart) {
  EXPECT_TRUE(Get("/healthz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(Get("/readyz").starts_with("HTTP/1.1 200"));
  not_ready_ = "waiting for kafka";
  EXPECT_TRUE(Get("/healthz").starts_with("HTTP/1.1 200"));
  const std::string waiting = Get("/readyz");
  EXPECT_TRUE(waiting.starts_with("HTTP/1.1 503"));
  EXPECT_NE(waiting.find("waiting for kafka"), std::string::npos);
  alive_ = false;
  EXPECT_TRUE(Get("/healthz").starts_with("HTTP/1.1 503"));
}

TEST_F(HealthServerTest, RefusesEverythingElse) {
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(Exchange(server_->address(), "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
                  .starts_with("HTTP/1.1 405"));
  const std::string huge = "GET /metrics HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n";
  EXPECT_FALSE(Exchange(server_->address(), huge).starts_with("HTTP/1.1 200"));
}

TEST_F(HealthServerTest, SaysThatItsAddressIsInUse) {
  auto second = OpenHealthServer(
      server_->address(),
      {.metrics = [] { return ""; }, .alive = [] { return true; }, .not_ready = [] { return ""; }});
  ASSERT_TRUE(second.ok());
  const Status started = (*second)->Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::kTransient);
  EXPECT_NE(started.error().message.find(server_->address()), std::string::npos);
}

TEST_F(HealthServerTest, StopsTwice) {
  server_->Stop();
  server_->Stop();
}

TEST(HealthServer, RefusesAnAddressThatIsNone) {
  for (const char* listen : {"", "9464", "host:", "127.0.0.1:70000", "example.org:80", ":x"}) {
    SCOPED_TRACE(listen);
    const auto server = OpenHealthServer(listen, {});
    ASSERT_FALSE(server.ok());
    EXPECT_EQ(server.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace headrace::http
