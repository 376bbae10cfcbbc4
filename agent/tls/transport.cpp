// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/transport.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace ktls::tls {
namespace {

constexpr unsigned char alert_record = 21;
constexpr unsigned char handshake_record = 22;
constexpr unsigned char major_version = 3;
constexpr unsigned char client_hello = 1;

} // namespace

void Transport::attach(gnutls_session_t session) {
  session_ = session;
  gnutls_transport_set_ptr(session, this);
  gnutls_transport_set_pull_function(session, pull);
  gnutls_transport_set_push_function(session, push);
  // never waited in: the event loop does
  gnutls_transport_set_pull_timeout_function(session,
                                             [](gnutls_transport_ptr_t, unsigned) { return 1; });
}

ssize_t Transport::pull(gnutls_transport_ptr_t self, void* to, std::size_t size) {
  auto& transport = *static_cast<Transport*>(self);
  if (transport.flooded()) {
    gnutls_transport_set_errno(transport.session_, EMSGSIZE);
    return -1;
  }
  const ssize_t got = ::recv(transport.socket_, to, size, MSG_DONTWAIT);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR)
      transport.error_ = errno;
    gnutls_transport_set_errno(transport.session_, errno);
    return -1;
  }
  if (got == 0 && size > 0)
    transport.peer_closed_ = true;
  transport.received_ += static_cast<std::size_t>(got);
  const auto* bytes = static_cast<const unsigned char*>(to);
  for (ssize_t i = 0; i < got && transport.head_size_ < transport.head_.size(); ++i)
    transport.head_.at(transport.head_size_++) = bytes[i];
  return got;
}

ssize_t Transport::push(gnutls_transport_ptr_t self, const void* from, std::size_t size) {
  auto& out = static_cast<Transport*>(self)->outgoing_;
  const auto* bytes = static_cast<const std::byte*>(from);
  out.insert(out.end(), bytes, bytes + size);
  return static_cast<ssize_t>(size);
}

Transport::Flushed Transport::flush() {
  std::size_t done = 0;
  auto result = Flushed::All;
  while (done < outgoing_.size()) {
    const ssize_t sent = ::send(socket_, outgoing_.data() + done, outgoing_.size() - done,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      done += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      result = Flushed::Blocked;
      break;
    } else if (errno != EINTR) {
      error_ = errno;
      result = Flushed::Broken;
      break;
    }
  }
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(done));
  return result;
}

bool Transport::not_tls() const {
  if (head_size_ > 0 && head_[0] != handshake_record && head_[0] != alert_record)
    return true;
  return head_size_ > 1 && head_[1] != major_version;
}

bool Transport::peer_is_client() const {
  return head_size_ == head_.size() && head_[0] == handshake_record && head_.back() == client_hello;
}

} // namespace ktls::tls
