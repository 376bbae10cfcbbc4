// SPDX-License-Identifier: LGPL-2.1-or-later
#include "agent_exchange.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ktls {
namespace {

class Connection {
public:
  explicit Connection(int fd) noexcept : fd_(fd) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (fd_ >= 0)
      (void)close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_;
};

// All below return 0 or a positive errno.

// A connect() that waits for room in the agent's queue can be given a limit, but not polled for.
int limit_sending(int fd, const Deadline& deadline) noexcept {
  const auto left = deadline.remaining();
  if (left == std::chrono::milliseconds::zero())
    return ETIMEDOUT;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const std::chrono::microseconds rest = left - seconds;
  const timeval limit = {static_cast<time_t>(seconds.count()),
                         static_cast<suseconds_t>(rest.count())};
  return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 ? 0 : errno;
}

int connect_within(int fd, const char* path, const Deadline& deadline) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path)
    return ENAMETOOLONG;
  std::memcpy(address.sun_path, path, length);
  for (;;) {
    const int status = limit_sending(fd, deadline);
    if (status != 0)
      return status;
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return 0;
    if (errno != EINTR && errno != EAGAIN)
      return errno;
  }
}

int send_request(int connection, int fd, const void* request, std::size_t size,
                 const Deadline& deadline) noexcept {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  iovec bytes = {const_cast<void*>(request), size};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  for (;;) {
    if (sendmsg(connection, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
      return 0;
    const int error = errno;
    if (error == EAGAIN) {
      const int status = wait_for(connection, POLLOUT, deadline);
      if (status != 0)
        return status;
    } else if (error != EINTR) {
      return error;
    }
  }
}

// Descriptors that might come with the reply have nowhere to go: the kernel closes them.
int receive(int connection, void* to, std::size_t room, std::size_t& size,
            const Deadline& deadline) noexcept {
  bool reset = false;
  for (;;) {
    const ssize_t got = recv(connection, to, room, MSG_DONTWAIT | MSG_TRUNC);
    if (got >= 0) {
      size = static_cast<std::size_t>(got);
      return 0;
    }
    const int error = errno;
    if (error == EAGAIN) {
      const int status = wait_for(connection, POLLIN, deadline);
      if (status != 0)
        return status;
    } else if (error == ECONNRESET && !reset) {
      reset = true; // reported once, before a reply that came without our request being read
    } else if (error != EINTR) {
      return error;
    }
  }
}

// All that the reply announces, each with all its bytes, or none.
bool receive_certificates(int connection, const wire::StartReply& reply, wire::PeerCertificate** to,
                          const Deadline& deadline) noexcept {
  auto* all = static_cast<wire::PeerCertificate*>(std::calloc(reply.certificates, sizeof **to));
  if (all == nullptr)
    return false;
  for (std::uint32_t i = 0; i < reply.certificates; ++i) {
    wire::PeerCertificate received;
    std::size_t size = 0;
    if (receive(connection, &received, sizeof received, size, deadline) != 0 ||
        !wire::decode(&received, size, all[i])) {
      std::free(all);
      return false;
    }
  }
  *to = all;
  return true;
}

// A little less than is left: the agent then tells the peer, and its answer is here in time.
std::chrono::milliseconds time_for_agent(std::chrono::milliseconds left) noexcept {
  constexpr std::chrono::milliseconds margin{250};
  const auto less = left - std::min(left / 10, margin);
  return std::max(less, std::chrono::milliseconds(1));
}

int connect_to(const Connection& agent, const char* path, const Deadline& deadline) noexcept {
  if (agent.get() < 0)
    return errno;
  const int connected = connect_within(agent.get(), path, deadline);
  if (connected != 0)
    return connected;
  return deadline.remaining() == std::chrono::milliseconds::zero() ? ETIMEDOUT : 0;
}

wire::StartReply no_answer(int error) noexcept {
  if (error == ETIMEDOUT)
    return failure(error, handshake_timeout, "the agent did not answer in time");
  return failure(error, agent_unavailable,
                 "cannot use the agent; does ktlsd run, and may this user reach its socket? ",
                 std::strerror(error));
}

} // namespace

wire::StartReply failure(int error, const char* reason, const char* message,
                         const char* detail) noexcept {
  auto reply = wire::make<wire::StartReply>();
  reply.error = static_cast<std::uint32_t>(error);
  (void)std::snprintf(reply.reason.bytes, sizeof reply.reason.bytes, "%s", reason);
  (void)std::snprintf(reply.message.bytes, sizeof reply.message.bytes, "%s%s", message, detail);
  return reply;
}

namespace {

wire::StartReply exchange(const Connection& agent, int fd, const void* request, std::size_t size,
                          const Deadline& deadline) noexcept {
  const int sent = send_request(agent.get(), fd, request, size, deadline);
  // an agent at its limit may answer and close before it reads
  if (sent != 0 && sent != EPIPE && sent != ECONNRESET)
    return no_answer(sent);
  auto reply = wire::make<wire::StartReply>();
  std::size_t got = 0;
  const int received = receive(agent.get(), &reply, sizeof reply, got, deadline);
  if (received != 0)
    return no_answer(received);
  if (got == 0)
    return no_answer(ECONNRESET);
  wire::StartReply decoded;
  if (!wire::decode(&reply, got, decoded))
    return failure(EPROTO, agent_protocol_error,
                   "the agent's answer is malformed; use the libktlsctl of this agent");
  if (decoded.error == 0 && sent != 0)
    return failure(EPROTO, agent_protocol_error, "the agent claims success without a request");
  return decoded;
}

} // namespace

wire::StartReply ask_agent(const char* path, int fd, wire::StartRequest request,
                           const Deadline& deadline,
                           wire::PeerCertificate** certificates) noexcept {
  const Connection agent(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const int connected = connect_to(agent, path, deadline);
  if (connected != 0)
    return no_answer(connected);
  if (request.timeout_ms != 0)
    request.timeout_ms = static_cast<std::uint32_t>(time_for_agent(deadline.remaining()).count());
  auto reply = exchange(agent, fd, &request, sizeof request, deadline);
  const bool wanted = certificates != nullptr && (request.flags & request.wants_certificates) != 0;
  if (reply.certificates > 0 &&
      (!wanted || !receive_certificates(agent.get(), reply, certificates, deadline)))
    return failure(EPROTO, agent_protocol_error,
                   "the agent's certificates are malformed; use the libktlsctl of this agent");
  return reply;
}

wire::StartReply ask_agent(const char* path, int fd, const wire::RekeyRequest& request,
                           const Deadline& deadline) noexcept {
  const Connection agent(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const int connected = connect_to(agent, path, deadline);
  if (connected != 0)
    return no_answer(connected);
  return exchange(agent, fd, &request, sizeof request, deadline);
}

wire::StartReply open_control(const char* path, int fd, const Deadline& deadline,
                              int& control) noexcept {
  Connection agent(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const int connected = connect_to(agent, path, deadline);
  if (connected != 0)
    return no_answer(connected);
  const auto request = wire::make<wire::ControlRequest>();
  const auto reply = exchange(agent, fd, &request, sizeof request, deadline);
  if (reply.error == 0 && fcntl(agent.get(), F_SETFL, O_NONBLOCK) < 0)
    return no_answer(errno);
  if (reply.error == 0)
    control = agent.release();
  return reply;
}

const char* agent_socket(const char* chosen) noexcept {
  if (chosen != nullptr)
    return chosen;
  const char* path = secure_getenv("KTLSCTL_AGENT_SOCKET");
  return path != nullptr && *path != '\0' ? path : wire::default_agent_socket;
}

} // namespace ktls
