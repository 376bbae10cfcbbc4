// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/transport.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tls/tls_reader.hpp"

namespace ktls::tls {
namespace {

constexpr unsigned char alert_record = 21;
constexpr unsigned char major_version = 3;

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

ssize_t Transport::look() {
  if (!ahead_)
    ahead_ = std::make_unique<Ahead>();
  const ssize_t got = ::recv(socket_, ahead_->data(), ahead_->size(), MSG_PEEK | MSG_DONTWAIT);
  ahead_size_ = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  return got < 0 ? -errno : got;
}

void Transport::settle() {
  Ahead taken{};
  std::size_t done = 0;
  while (done < given_) {
    const ssize_t got = ::recv(socket_, taken.data(), given_ - done, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR)
      continue;
    // the owner must not read now: if it did, what follows makes no sense
    if (got <= 0 ||
        std::memcmp(taken.data(), ahead_->data() + done, static_cast<std::size_t>(got)) != 0) {
      error_ = EIO;
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  given_ = ahead_size_ = 0;
  ahead_.reset();
}

ssize_t Transport::pull(gnutls_transport_ptr_t self, void* to, std::size_t size) {
  auto& transport = *static_cast<Transport*>(self);
  const auto fail = [&transport](int error) {
    gnutls_transport_set_errno(transport.session_, error);
    return ssize_t{-1};
  };
  if (transport.flooded())
    return fail(EMSGSIZE);
  if (transport.paused_)
    return fail(EAGAIN);
  if (transport.given_ == transport.ahead_size_) {
    transport.settle();
    const ssize_t seen = transport.look();
    if (seen < 0) {
      if (seen != -EAGAIN && seen != -EINTR)
        transport.error_ = static_cast<int>(-seen);
      return fail(static_cast<int>(-seen));
    }
    if (seen == 0 && size > 0)
      transport.peer_closed_ = true;
  }
  const auto left =
      std::span(*transport.ahead_).first(transport.ahead_size_).subspan(transport.given_);
  const auto piece = left.first(std::min(left.size(), size));
  std::memcpy(to, piece.data(), piece.size());
  transport.note(piece);
  transport.given_ += piece.size();
  // so that the socket is not ready for what was read while a signature is waited for
  if (transport.given_ == transport.ahead_size_)
    transport.settle();
  return static_cast<ssize_t>(piece.size());
}

void Transport::note(std::span<const std::byte> piece) {
  received_ += piece.size();
  for (std::size_t i = 0; i < piece.size() && head_size_ < head_.size(); ++i)
    head_.at(head_size_++) = std::to_integer<unsigned char>(piece[i]);
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
  if (head_size_ > 0 && head_[0] != handshake_record_type && head_[0] != alert_record)
    return true;
  return head_size_ > 1 && head_[1] != major_version;
}

bool Transport::peer_is_client() const {
  constexpr std::size_t type_at = 5;
  return head_size_ > type_at && head_[0] == handshake_record_type &&
         head_[type_at] == client_hello_type;
}

std::optional<unsigned char> Transport::opening_alert() const {
  if (head_size_ < head_.size() || head_[0] != alert_record)
    return std::nullopt;
  return head_.back();
}

} // namespace ktls::tls
