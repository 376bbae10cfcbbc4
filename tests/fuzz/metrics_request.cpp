// SPDX-License-Identifier: GPL-2.0-or-later
// A request for the metrics, from whoever may connect: it gets one answer, and then the end.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>

#include "broker/metrics_server.hpp"
#include "fuzz.hpp"

namespace ktls::fuzz {
namespace {

Fd unix_socket() {
  return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

// Under a name that the kernel chooses.
struct Server {
  Server() : loop(EventLoop::create().value()) {
    auto listener = unix_socket();
    const sockaddr_un any{AF_UNIX, {}};
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    must(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(sa_family_t)) ==
                 0 &&
             ::getsockname(listener.get(), raw, &size) == 0 && ::listen(listener.get(), 1) == 0,
         "a socket listens");
    metrics =
        MetricsServer::create(loop, std::move(listener), [] { return "m 1\n# EOF\n"; }).value();
  }
  void run() {
    while (loop.run_once(std::chrono::milliseconds(0)).value()) {
    }
  }

  EventLoop loop;
  sockaddr_un address{};
  socklen_t size = sizeof address;
  std::unique_ptr<MetricsServer> metrics;
};

// All that comes before the server closes.
std::string answer_to(std::string_view request) {
  static Server server;
  const auto client = unix_socket();
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  must(::connect(client.get(), address, server.size) == 0, "the server listens");
  const auto half = request.size() / 2;
  (void)::send(client.get(), request.data(), half, MSG_NOSIGNAL);
  server.run();
  (void)::send(client.get(), request.data() + half, request.size() - half, MSG_NOSIGNAL);
  (void)::shutdown(client.get(), SHUT_WR);
  server.run();
  std::string answer;
  std::array<char, 4096> part{};
  ssize_t got = 0;
  while ((got = ::recv(client.get(), part.data(), part.size(), MSG_DONTWAIT)) > 0)
    answer.append(part.data(), static_cast<std::size_t>(got));
  must(got == 0 || errno == ECONNRESET, "the server has closed", request);
  return answer;
}

} // namespace
} // namespace ktls::fuzz

int fuzz_metrics_request(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto request = fuzz::text_of(data, size);
  const auto answer = fuzz::answer_to(request);
  if (answer.empty())
    return 0;
  const auto body = answer.find("\r\n\r\n");
  fuzz::must(body != std::string::npos && answer.starts_with("HTTP/1.1 "), "it is HTTP", answer);
  const auto length = fmt::format("\r\nContent-Length: {}\r\n", answer.size() - body - 4);
  fuzz::must(answer.find(length) < body, "its length is true", answer);
  const bool is_asked = request.starts_with("GET /metrics HTTP/1.");
  fuzz::must(!answer.starts_with("HTTP/1.1 200 ") || is_asked, "only the metrics are there",
             answer);
  return 0;
}
