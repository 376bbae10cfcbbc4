// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics_server.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "base/open_metrics.hpp"
#include "support/pump.hpp"
#include "support/sockets.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

constexpr const char* scrape = "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";

Fd tcp_listener(in_addr_t address, int type = SOCK_STREAM) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(address);
  Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
  if (type == SOCK_STREAM) {
    EXPECT_EQ(::listen(socket.get(), 4), 0);
  }
  return socket;
}

Fd tcp6_listener(const in6_addr& address) {
  sockaddr_in6 local{};
  local.sin6_family = AF_INET6;
  local.sin6_addr = address;
  Fd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&local), sizeof local), 0);
  EXPECT_EQ(::listen(socket.get(), 4), 0);
  return socket;
}

class Scraper {
public:
  explicit Scraper(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  void send(std::string_view text) {
    EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Whether the server has closed; what came before that is in `answer`.
  bool has_ended() {
    std::array<char, 4096> part{};
    ssize_t size = 0;
    while ((size = ::recv(socket_.get(), part.data(), part.size(), 0)) > 0)
      answer.append(part.data(), static_cast<std::size_t>(size));
    return size == 0 || errno == ECONNRESET;
  }
  [[nodiscard]] std::string status() { return answer.substr(0, answer.find("\r\n")); }
  void close() { socket_.reset(); }

  std::string answer;

private:
  Fd socket_;
};

class MetricsServerTest : public testing::Test {
protected:
  Result<std::unique_ptr<MetricsServer>> try_create(Fd listener) {
    return MetricsServer::create(
        loop, std::move(listener), [this] { return text; }, limits);
  }
  void open() {
    Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 16), 0);
    server = try_create(std::move(listener)).value();
  }
  std::string refusal_of(Fd listener) {
    const auto opened = try_create(std::move(listener));
    return opened ? "" : opened.error().message();
  }
  std::string status_of(std::string_view request) {
    Scraper scraper(path);
    scraper.send(request);
    pump.until([&] { return scraper.has_ended(); });
    return scraper.status();
  }

  EventLoop loop = EventLoop::create().value();
  test::Pump pump{loop};
  test::TemporaryDirectory directory;
  std::string path = directory.file("metrics.sock");
  std::string text = "# EOF\n";
  MetricsServer::Limits limits{8192, 8, 1h};
  std::unique_ptr<MetricsServer> server;
};

TEST_F(MetricsServerTest, AnswersAScrape) {
  open();
  Scraper scraper(path);

  scraper.send(scrape);
  pump.until([&] { return scraper.has_ended(); });

  EXPECT_EQ(scraper.answer, "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(open_metrics_type) +
                                "\r\nContent-Length: 6\r\nConnection: close\r\n\r\n# EOF\n");
}

TEST_F(MetricsServerTest, AnswersEachWithWhatIsNow) {
  open();
  EXPECT_EQ(status_of(scrape), "HTTP/1.1 200 OK");
  text = "a 1\n# EOF\n";
  Scraper scraper(path);

  scraper.send(scrape);
  pump.until([&] { return scraper.has_ended(); });

  EXPECT_NE(scraper.answer.find("\r\n\r\na 1\n# EOF\n"), std::string::npos) << scraper.answer;
}

TEST_F(MetricsServerTest, TakesARequestInPieces) {
  open();
  Scraper scraper(path);
  scraper.send("GET /met");
  pump.until_idle();
  EXPECT_FALSE(scraper.has_ended());
  scraper.send("rics HTTP/1.0\r\n\r");
  pump.until_idle();

  scraper.send("\n");
  pump.until([&] { return scraper.has_ended(); });

  EXPECT_EQ(scraper.status(), "HTTP/1.1 200 OK");
}

TEST_F(MetricsServerTest, RefusesAllOtherRequests) {
  open();

  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(status_of("GET /metrics/ HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(status_of("POST /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(status_of("get /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(status_of("GET /metrics\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of("GET /metrics HTTP/2\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of("GET  /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of("GET /metrics HTTP/1.1 \r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of("\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of(std::string("\x16\x03\x01\0\r\n\r\n", 8)), "HTTP/1.1 400 Bad Request");
}

TEST_F(MetricsServerTest, RefusesARequestThatIsTooLong) {
  limits.request = 64;
  open();

  EXPECT_EQ(status_of("GET /metrics HTTP/1.1\r\n" + std::string(41, 'x')),
            "HTTP/1.1 400 Bad Request");
}

TEST_F(MetricsServerTest, EndsWhoDoesNotAsk) {
  limits.duration = 20ms;
  open();
  Scraper silent(path);
  Scraper slow(path);
  slow.send("GET /metrics");

  pump.until([&] { return silent.has_ended() && slow.has_ended(); });

  EXPECT_EQ(silent.answer + slow.answer, "");
}

TEST_F(MetricsServerTest, EndsWhoDoesNotRead) {
  limits.duration = 20ms;
  limits.connections = 1;
  text = std::string(std::size_t{4} << 20U, 'x');
  open();
  Scraper never_reads(path);
  never_reads.send(scrape);
  pump.once();
  text = "# EOF\n";

  EXPECT_EQ(status_of(scrape), "HTTP/1.1 200 OK");

  EXPECT_TRUE(never_reads.has_ended());
  EXPECT_LT(never_reads.answer.size(), std::size_t{4} << 20U);
}

TEST_F(MetricsServerTest, SendsMoreThanTheKernelTakesAtOnce) {
  text = std::string(std::size_t{4} << 20U, 'x');
  open();
  Scraper scraper(path);
  scraper.send(scrape);

  pump.until([&] { return scraper.has_ended(); });

  EXPECT_TRUE(scraper.answer.ends_with("\r\n\r\n" + text));
}

TEST_F(MetricsServerTest, LetsTheNextWaitUntilOneEnds) {
  limits.connections = 2;
  open();
  Scraper first(path);
  Scraper second(path);
  pump.until_idle();
  Scraper third(path);
  third.send(scrape);
  pump.until_idle();
  EXPECT_FALSE(third.has_ended());
  EXPECT_EQ(third.answer, "");

  first.close();
  pump.until([&] { return third.has_ended(); });

  EXPECT_EQ(third.status(), "HTTP/1.1 200 OK");
  EXPECT_FALSE(second.has_ended());
}

TEST_F(MetricsServerTest, SurvivesClientsThatGoAway) {
  text = std::string(std::size_t{4} << 20U, 'x');
  open();
  const auto before = test::count_descriptors();
  {
    Scraper before_the_answer(path);
    before_the_answer.send(scrape);
    Scraper within_the_request(path);
    within_the_request.send("GET");
    Scraper within_the_answer(path);
    within_the_answer.send(scrape);
    pump.until_idle();
    EXPECT_FALSE(within_the_answer.has_ended());
  }
  pump.until_idle();

  EXPECT_EQ(test::count_descriptors(), before);
}

TEST_F(MetricsServerTest, ListensOnLoopbackAddresses) {
  EXPECT_EQ(refusal_of(tcp_listener(INADDR_LOOPBACK)), "");
  EXPECT_EQ(refusal_of(tcp_listener(INADDR_LOOPBACK + 1)), "");
}

TEST_F(MetricsServerTest, IsNotForTheNetwork) {
  const auto refused = refusal_of(tcp_listener(INADDR_ANY));

  EXPECT_NE(refused.find("0.0.0.0:"), std::string::npos) << refused;
  EXPECT_NE(refused.find("can be reached from the network"), std::string::npos) << refused;
  EXPECT_NE(refusal_of(tcp6_listener(in6addr_any)).find("[::]:"), std::string::npos);
}

TEST_F(MetricsServerTest, NeedsAStreamSocketThatListens) {
  const auto expected = "no stream socket that listens";

  EXPECT_NE(refusal_of(tcp_listener(INADDR_LOOPBACK, SOCK_DGRAM)).find(expected),
            std::string::npos);
  EXPECT_NE(refusal_of(test::unix_pair().ours).find(expected), std::string::npos);
  EXPECT_NE(refusal_of(test::agent_listener(path, 1)).find(expected), std::string::npos);
  EXPECT_NE(refusal_of(Fd(::dup(STDERR_FILENO))).find(expected), std::string::npos);
}

} // namespace
} // namespace ktls
