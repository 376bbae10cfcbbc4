// SPDX-License-Identifier: LGPL-2.1-or-later
#include "key_update.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "agent_exchange.hpp"
#include "control_record.hpp"
#include "kernel_tls.hpp"
#include "ktlsctl.h"

namespace ktls {
namespace {

constexpr int pause_ms = 50; // between two attempts to reach an agent

// Until it answers: one that ends meanwhile is followed by another, which knows the same.
int ask_for_keys(int fd, wire::RekeyStep step) noexcept {
  auto request = wire::make<wire::RekeyRequest>();
  request.step = step;
  const Deadline deadline(key_update_patience);
  for (;;) {
    const auto reply = ask_agent(agent_socket(nullptr), fd, request, deadline);
    const bool is_gone = reply.reason.view() == agent_unavailable;
    if (!is_gone || deadline.remaining() == std::chrono::milliseconds::zero())
      return -static_cast<int>(reply.error);
    (void)poll(nullptr, 0, pause_ms);
  }
}

} // namespace

int follow_key_update(int fd) noexcept {
  return ask_for_keys(fd, wire::RekeyStep::Receive);
}

int send_key_update(int fd, bool ask_peer) noexcept {
  const int possible = ask_for_keys(fd, wire::RekeyStep::Prepare);
  if (possible != 0)
    return possible;
  // HandshakeType, length, KeyUpdateRequest
  const std::uint8_t message[] = {24, 0, 0, 1, static_cast<std::uint8_t>(ask_peer ? 1 : 0)};
  const int sent = send_record(fd, Handshake, message);
  if (sent != 0)
    return sent;
  const int changed = ask_for_keys(fd, wire::RekeyStep::Send);
  if (changed != 0)
    (void)shutdown(fd, SHUT_RDWR);
  return changed;
}

} // namespace ktls

extern "C" int ktlsctl_rekey(int fd, uint32_t flags) noexcept {
  if ((flags & ~KTLSCTL_REKEY_BOTH) != 0)
    return -EINVAL;
  if (!ktls::has_kernel_tls(fd))
    return -EOPNOTSUPP;
  return ktls::send_key_update(fd, flags != 0);
}
