// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/metrics_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ip_address.hpp"
#include "base/log.hpp"
#include "base/open_metrics.hpp"
#include "broker/socket_address.hpp"

namespace ktls {
namespace {

bool is_loopback(const IpAddress& address) {
  static const auto v4 = IpAddress::parse("127.0.0.0");
  static const auto v6 = IpAddress::parse("::1");
  return address == v6 || address.first_with(8) == v4;
}

// Metrics tell of everyone's connections, in clear text: they are not for the network.
Result<> check_metrics_socket(int socket) {
  constexpr const char* advice =
      "ListenStream= of ktlsd-metrics.socket names a path, or a port of 127.0.0.1 or [::1]";
  int type = 0;
  int listens = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM ||
      ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || listens == 0)
    return invalid(fmt::format("their socket is no stream socket that listens; {}", advice));
  const auto local = addresses_of(socket).local;
  const auto address = IpAddress::of(local);
  if (local.ss_family != AF_UNIX && (!address || !is_loopback(*address)))
    return invalid(fmt::format("their socket, {}, can be reached from the network; {}",
                               describe(local), advice));
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) < 0)
    return errno_error("making their socket not block");
  return {};
}

std::string http_answer(std::string_view status, std::string_view type, std::string_view body,
                        std::string_view more = "") {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
                     "Connection: close\r\n{}\r\n{}",
                     status, type, body.size(), more, body);
}

std::string http_refusal(std::string_view status, std::string_view more = "") {
  return http_answer(status, "text/plain; charset=utf-8", fmt::format("{}\n", status), more);
}

std::string bad_request() {
  return http_refusal("400 Bad Request");
}

// The part up to the next blank; it and the blank are taken away. All, where there is none.
std::string_view next_word(std::string_view& line) {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

// RFC 9112, section 3: method SP request-target SP HTTP-version. No header makes a difference.
std::string answer_to_request(std::string_view request, const MetricsServer::Text& text) {
  auto line = request.substr(0, request.find("\r\n"));
  const auto method = next_word(line);
  const auto target = next_word(line);
  if (method.empty() || target.empty() || (line != "HTTP/1.1" && line != "HTTP/1.0"))
    return bad_request();
  if (target != "/metrics")
    return http_refusal("404 Not Found");
  if (method != "GET")
    return http_refusal("405 Method Not Allowed", "Allow: GET\r\n");
  return http_answer("200 OK", open_metrics_type, text());
}

bool comes_later() {
  return errno == EAGAIN || errno == EINTR;
}

} // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::create(EventLoop& loop, Fd listener,
                                                             Text text, Limits limits) {
  TRY(check_metrics_socket(listener.get()));
  std::unique_ptr<MetricsServer> self(
      new MetricsServer(loop, std::move(listener), std::move(text), limits));
  self->listening_ = TRY(loop.on_io(self->listener_.get(), EPOLLIN,
                                    [raw = self.get()](std::uint32_t) { raw->on_connection(); }));
  return self;
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::create(EventLoop& loop, Fd listener,
                                                             Text text) {
  return create(loop, std::move(listener), std::move(text), Limits{});
}

void MetricsServer::on_connection() {
  if (clients_.size() >= limits_.connections)
    return set_enabled(listening_, false); // until one ends
  Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    if (!comes_later() && errno != ECONNABORTED)
      pause_listening();
    return;
  }
  if (const auto served = serve(std::move(socket)); !served)
    log::warning("serving metrics: {}", served.error().message());
}

// No descriptor is free: who connects waits in the backlog for a moment.
void MetricsServer::pause_listening() {
  constexpr std::chrono::milliseconds moment{100};
  set_enabled(listening_, false);
  auto timer = loop_.on_time(loop_.now() + moment, [this] { set_enabled(listening_, true); });
  check(timer.has_value(), "a timer can be set");
  pause_ = std::move(*timer);
}

Result<> MetricsServer::serve(Fd socket) {
  const Id id = ++last_id_;
  Client client;
  client.ready =
      TRY(loop_.on_io(socket.get(), EPOLLIN, [this, id](std::uint32_t) { on_ready(id); }));
  client.deadline = TRY(loop_.on_time(loop_.now() + limits_.duration, [this, id] { end(id); }));
  client.socket = std::move(socket);
  clients_.emplace(id, std::move(client));
  return {};
}

void MetricsServer::on_ready(Id id) {
  auto& client = clients_.at(id);
  switch (client.state) {
  case State::Reading:
    return read_request(id, client);
  case State::Answering:
    return send_answer(id, client);
  case State::Closing:
    return await_end(id, client);
  }
}

void MetricsServer::read_request(Id id, Client& client) {
  auto& request = client.request;
  const std::size_t before = request.size();
  request.resize(limits_.request);
  const ssize_t size =
      ::recv(client.socket.get(), request.data() + before, limits_.request - before, 0);
  const bool later = size < 0 && comes_later();
  request.resize(before + (size > 0 ? static_cast<std::size_t>(size) : 0));
  if (later)
    return;
  if (size <= 0)
    return end(id);
  const bool complete = request.find("\r\n\r\n") != std::string::npos;
  if (!complete && request.size() < limits_.request)
    return;
  client.answer = complete ? answer_to_request(request, text_) : bad_request();
  client.state = State::Answering;
  set_events(client.ready, EPOLLOUT);
  send_answer(id, client);
}

void MetricsServer::send_answer(Id id, Client& client) {
  const ssize_t size =
      ::send(client.socket.get(), client.answer.data(), client.answer.size(), MSG_NOSIGNAL);
  if (size < 0 && comes_later())
    return;
  if (size < 0)
    return end(id);
  client.answer.erase(0, static_cast<std::size_t>(size));
  if (!client.answer.empty())
    return;
  (void)::shutdown(client.socket.get(), SHUT_WR);
  client.state = State::Closing;
  set_events(client.ready, EPOLLIN);
}

// TCP resets a connection that is closed with something unread, and the peer may lose the answer.
void MetricsServer::await_end(Id id, Client& client) {
  std::array<char, 4096> ignored{};
  const ssize_t size = ::recv(client.socket.get(), ignored.data(), ignored.size(), 0);
  if (size == 0 || (size < 0 && !comes_later()))
    end(id);
}

void MetricsServer::end(Id id) {
  clients_.erase(id);
  set_enabled(listening_, true);
}

} // namespace ktls
