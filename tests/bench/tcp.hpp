// SPDX-License-Identifier: GPL-2.0-or-later
// Connections over loopback TCP that leave nothing in TIME_WAIT.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls::bench {

class TcpListener {
public:
  explicit TcpListener(int backlog = 16)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    check(::bind(socket_.get(), any(), size) == 0 && ::listen(socket_.get(), backlog) == 0 &&
              ::getsockname(socket_.get(), any(), &size) == 0,
          "a port can be had");
  }
  [[nodiscard]] Fd connect() {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    check(::connect(socket.get(), any(), sizeof address_) == 0, "the port can be reached");
    return socket;
  }
  [[nodiscard]] Fd accept() {
    Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    check(static_cast<bool>(socket), "a connection can be accepted");
    return socket;
  }

private:
  [[nodiscard]] sockaddr* any() { return reinterpret_cast<sockaddr*>(&address_); }

  sockaddr_in address_{};
  Fd socket_;
};

// Closes with a reset.
inline void drop(Fd socket) {
  const linger at_once{1, 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// As a program that does TLS itself has it: not blocking, each flight sent at once.
inline void prepare_for_tls(const Fd& socket) {
  const int yes = 1;
  check(::fcntl(socket.get(), F_SETFL, O_NONBLOCK) == 0 &&
            ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0,
        "a socket takes options");
}

} // namespace ktls::bench
