// SPDX-License-Identifier: LGPL-2.1-or-later
// What must hold whatever happens: either the kernel has keys for both directions, or the socket is
// shut down, but where the agent's policy says that it is to go without TLS. So there is one place
// that returns success, and one that shuts down for all the rest.
#include "start.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "agent_exchange.hpp"
#include "kernel_tls.hpp"
#include "session.hpp"

namespace ktls {
namespace {

static_assert(KTLSCTL_MAX_TIMEOUT_MS == wire::max_timeout_ms);
static_assert(KTLSCTL_WANT_CERTIFICATES == wire::StartRequest::wants_certificates);
static_assert(KTLSCTL_WANT_USER == wire::StartRequest::wants_user);
static_assert(KTLSCTL_STRENGTH_WEAK == 1 && KTLSCTL_STRENGTH_STRONG == 2);
static_assert(KTLSCTL_ROLE_POLICY == static_cast<int>(wire::Role::Policy));
static_assert(KTLSCTL_ROLE_CLIENT == static_cast<int>(wire::Role::Client));
static_assert(KTLSCTL_ROLE_SERVER == static_cast<int>(wire::Role::Server));

// Options of the first release; a program cannot have been built with fewer.
constexpr std::size_t min_options_size = sizeof(ktlsctl_options);

// Copies the options of a caller that may have been built with a later header. 0 or negative errno.
int read_options(const ktlsctl_options* given, ktlsctl_options& options) noexcept {
  if (given == nullptr || given->size < min_options_size)
    return -EINVAL;
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  const auto is_set = [](unsigned char byte) { return byte != 0; };
  if (given->size > sizeof options &&
      std::any_of(bytes + sizeof options, bytes + given->size, is_set))
    return -E2BIG;
  std::memcpy(&options, given, sizeof options);
  return 0;
}

// 0 or negative errno.
int make_request(const ktlsctl_options& options, wire::StartRequest& request) noexcept {
  request = wire::make<wire::StartRequest>();
  request.role = static_cast<wire::Role>(options.role);
  request.timeout_ms = options.timeout_ms;
  if ((options.flags & ~(KTLSCTL_WANT_CERTIFICATES | KTLSCTL_WANT_USER)) != 0)
    return -EINVAL;
  request.flags = static_cast<std::uint32_t>(options.flags);
  const std::string_view name = options.peer_name == nullptr ? "" : options.peer_name;
  if (!request.peer_name.assign(name) || !request.valid())
    return -EINVAL;
  if (request.role == wire::Role::Server && !name.empty())
    return -EINVAL;
  return 0;
}

// `stays`: the socket is to go on as it is.
int secure(int fd, const ktlsctl_options* given, ktlsctl_session** session,
           bool (*is_secured)(int fd), bool& stays) noexcept {
  ktlsctl_options options;
  int status = read_options(given, options);
  if (status != 0)
    return status;
  wire::StartRequest request;
  status = make_request(options, request);
  if (status != 0)
    return status;
  if (session == nullptr)
    request.flags = 0; // there would be nowhere to hand certificates over
  if (fcntl(fd, F_GETFD) < 0)
    return -EBADF;
  if (session != nullptr) {
    // before the handshake: later there would be no way to report the lack of memory
    *session = static_cast<ktlsctl_session*>(std::malloc(sizeof **session));
    if (*session == nullptr)
      return -ENOMEM;
    (*session)->certificates = nullptr;
  }

  const std::uint32_t limit = options.timeout_ms != 0 ? options.timeout_ms : wire::max_timeout_ms;
  wire::StartReply reply = ask_agent(agent_socket(options.agent_socket), fd, request,
                                     Deadline(std::chrono::milliseconds(limit)),
                                     session != nullptr ? &(*session)->certificates : nullptr);
  if (reply.error == 0 && !is_secured(fd))
    reply = failure(EPROTO, agent_protocol_error,
                    "the agent claims success, but the kernel has no keys for this socket");
  if (session != nullptr)
    (*session)->reply = reply;
  stays = reply.reason.view() == policy_clear;
  return -static_cast<int>(reply.error);
}

} // namespace

int start(int fd, const ktlsctl_options* options, ktlsctl_session** session,
          bool (*is_secured)(int fd)) noexcept {
  if (session != nullptr)
    *session = nullptr;
  // the agent turns SO_LINGER off, so that closing its own descriptor cannot keep it waiting
  linger before{};
  socklen_t size = sizeof before;
  const bool lingers =
      getsockopt(fd, SOL_SOCKET, SO_LINGER, &before, &size) == 0 && before.l_onoff != 0;
  bool stays = false;
  const int status = secure(fd, options, session, is_secured, stays);
  if (lingers)
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &before, sizeof before);
  if (status != 0 && !stays)
    (void)shutdown(fd, SHUT_RDWR);
  return status;
}

} // namespace ktls

extern "C" int ktlsctl_start(int fd, const ktlsctl_options* options,
                             ktlsctl_session** session) noexcept {
  return ktls::start(fd, options, session, ktls::has_kernel_tls);
}
