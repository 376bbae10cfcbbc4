// SPDX-License-Identifier: LGPL-2.1-or-later
// ktlsctl_control_open() and ktlsctl_control_handle(): what the agent wants of a session.
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "agent_exchange.hpp"
#include "kernel_tls.hpp"
#include "key_update.hpp"
#include "ktlsctl.h"

namespace ktls {
namespace {

constexpr std::chrono::milliseconds control_patience{10'000};

// Is left in the queue until it is done. 0 or a negative errno; `kind` only with 0.
int look_at_order(int control, wire::OrderKind& kind) noexcept {
  wire::Order order;
  const ssize_t size = recv(control, &order, sizeof order, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
  if (size < 0)
    return -errno;
  if (size == 0)
    return -ECONNRESET;
  wire::Order decoded;
  if (!wire::decode(&order, static_cast<std::size_t>(size), decoded))
    return -EPROTO;
  kind = decoded.kind;
  return 0;
}

void take_order(int control) noexcept {
  wire::Order order;
  (void)recv(control, &order, sizeof order, MSG_DONTWAIT);
}

} // namespace
} // namespace ktls

extern "C" int ktlsctl_control_open(int fd) noexcept {
  if (!ktls::has_kernel_tls(fd))
    return -EOPNOTSUPP;
  const ktls::Deadline deadline(ktls::control_patience);
  int control = -1;
  const auto reply = ktls::open_control(ktls::agent_socket(nullptr), fd, deadline, control);
  return reply.error == 0 ? control : -static_cast<int>(reply.error);
}

extern "C" int ktlsctl_control_handle(int control, int fd) noexcept {
  ktls::wire::OrderKind kind{};
  const int status = ktls::look_at_order(control, kind);
  if (status == -EAGAIN || status == -EINTR)
    return 0; // another thread was faster, or it was woken for nothing
  if (status != 0)
    return status;
  const int done = ktls::send_key_update(fd, true);
  if (done == -EAGAIN || done == -EINTR)
    return done;
  ktls::take_order(control);
  return done;
}
