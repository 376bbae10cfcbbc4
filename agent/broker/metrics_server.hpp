// SPDX-License-Identifier: GPL-2.0-or-later
// MetricsServer: the metrics by HTTP, for whoever may connect to a local or loopback socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/event_loop.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls {

// Knows one request, `GET /metrics`, and reads no more of it than that.
class MetricsServer {
public:
  struct Limits {
    std::size_t request = 8192;  // bytes, with its headers
    std::size_t connections = 8; // the next ones wait in the backlog
    std::chrono::milliseconds duration{5000};
  };
  using Text = std::function<std::string()>;

  // `listener`: a stream socket that listens. An error where others than this host's could reach
  // it. `loop` must outlive the server.
  static Result<std::unique_ptr<MetricsServer>> create(EventLoop& loop, Fd listener, Text text,
                                                       Limits limits);
  static Result<std::unique_ptr<MetricsServer>> create(EventLoop& loop, Fd listener, Text text);

  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

private:
  using Id = std::uint64_t;
  enum class State { Reading, Answering, Closing };
  struct Client {
    Fd socket;
    State state = State::Reading;
    std::string request;
    std::string answer; // what is left of it
    EventSource ready;
    EventSource deadline;
  };

  MetricsServer(EventLoop& loop, Fd listener, Text text, Limits limits)
      : loop_(loop), listener_(std::move(listener)), text_(std::move(text)), limits_(limits) {}
  void on_connection();
  void pause_listening();
  Result<> serve(Fd socket);
  void on_ready(Id id);
  void read_request(Id id, Client& client);
  void send_answer(Id id, Client& client);
  void await_end(Id id, Client& client);
  void end(Id id);

  EventLoop& loop_;
  Fd listener_;
  Text text_;
  Limits limits_;
  EventSource listening_;
  EventSource pause_;
  Id last_id_ = 0;
  std::unordered_map<Id, Client> clients_;
};

} // namespace ktls
