// SPDX-License-Identifier: LGPL-2.1-or-later
// ktlsctl_recv() and ktlsctl_shutdown(): TLS records that carry no data.
//
// A plain read() on a kernel TLS socket fails with EIO at such a record, every time, until somebody
// takes it with a control buffer. Nothing is remembered between two calls: what concerns later
// calls is left in the socket itself, by shutting it down.
#include <linux/tls.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "control_record.hpp"
#include "kernel_tls.hpp"
#include "key_update.hpp"
#include "ktlsctl.h"
#include "post_handshake.hpp"

#ifndef SOL_TLS
#define SOL_TLS 282 // <linux/socket.h> is not for user space
#endif

namespace ktls {
namespace {

// RFC 8446, section 6
enum AlertDescription : std::uint8_t {
  CloseNotify = 0,
  BadCertificate = 42,
  UnsupportedCertificate = 43,
  CertificateRevoked = 44,
  CertificateExpired = 45,
  CertificateUnknown = 46,
  UnknownCa = 48,
  AccessDenied = 49,
  UserCanceled = 90,
  CertificateRequired = 116,
};
constexpr std::uint8_t warning_level = 1;
constexpr std::size_t alert_size = 2;
// RFC 8446, section 4.6.3: type, length and KeyUpdateRequest
constexpr std::size_t key_update_message_size = 5;

// Records without data that one call takes before it lets its caller breathe.
constexpr int max_control_records = 64;

// One recvmsg(): a piece of one record, or data of several.
struct Piece {
  ptrdiff_t size; // or negative errno
  std::uint8_t type;
  bool ends_record;
};

Piece receive(int fd, void* buffer, std::size_t n, int flags) noexcept {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint8_t))];
  iovec bytes = {buffer, n};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  // not CMSG_SPACE: room for one byte, but not for a descriptor that came over AF_UNIX
  message.msg_controllen = CMSG_LEN(sizeof(std::uint8_t));
  const ssize_t size = recvmsg(fd, &message, flags);
  if (size < 0)
    return {-errno, ApplicationData, true};
  Piece piece = {size, ApplicationData, (message.msg_flags & MSG_EOR) != 0};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_TLS &&
      header->cmsg_type == TLS_GET_RECORD_TYPE)
    std::memcpy(&piece.type, CMSG_DATA(header), sizeof piece.type);
  return piece;
}

ptrdiff_t shut_down(int fd, int error) noexcept {
  (void)shutdown(fd, SHUT_RDWR);
  return -error;
}

int errno_of(std::uint8_t alert) noexcept {
  switch (alert) {
  case BadCertificate:
  case UnsupportedCertificate:
  case CertificateRevoked:
  case CertificateExpired:
  case CertificateUnknown:
  case UnknownCa:
  case AccessDenied:
  case CertificateRequired:
    return EACCES;
  default:
    return ECONNRESET;
  }
}

class Reader {
public:
  Reader(int fd, bool only_receives) noexcept : fd_(fd), only_receives_(only_receives) {}

  ptrdiff_t read(void* buffer, std::size_t n, int flags) noexcept;

private:
  enum class Next { Continue, Return };

  Next take_control_record(Piece piece, const void* buffer) noexcept;
  Next take_handshake(Piece piece, const void* buffer) noexcept;
  Next take_key_update(bool wants_answer) noexcept;
  Next answer_key_update(bool is_wanted) noexcept;
  void take_key_update_ahead() noexcept;
  Next take_alert(Piece piece, const void* buffer) noexcept;
  Piece receive_rest(void* buffer, std::size_t n) noexcept;
  Next finish(ptrdiff_t result) noexcept {
    result_ = result;
    return Next::Return;
  }

  int fd_;
  bool only_receives_;
  PostHandshake handshake_;
  ptrdiff_t result_ = 0;
};

ptrdiff_t Reader::read(void* buffer, std::size_t n, int flags) noexcept {
  for (int records = 0; records < max_control_records;) {
    Piece piece = receive(fd_, buffer, n, flags);
    if (!handshake_.at_boundary()) {
      // "Handshake messages MUST NOT be interleaved with other record types." (section 5.1)
      if (piece.size == -EINTR)
        continue;
      if (piece.size <= 0 || piece.type != Handshake)
        return shut_down(fd_, EPROTO);
    }
    if (piece.size < 0 || piece.type == ApplicationData) {
      const bool may_be_ahead = piece.size > 0 && static_cast<std::size_t>(piece.size) < n;
      if (may_be_ahead && (flags & MSG_PEEK) == 0)
        take_key_update_ahead();
      return piece.size;
    }
    if ((flags & MSG_PEEK) != 0) // the kernel may give several peeked records of one type at once
      piece = receive_rest(buffer, piece.type == Alert ? std::min(n, alert_size) : n);
    if (take_control_record(piece, buffer) == Next::Return)
      return result_;
    ++records;
  }
  return -EINTR;
}

// The kernel has decrypted the whole record, so this never waits.
Piece Reader::receive_rest(void* buffer, std::size_t n) noexcept {
  Piece piece{};
  do
    piece = receive(fd_, buffer, n, MSG_DONTWAIT);
  while (piece.size == -EINTR);
  return piece;
}

Reader::Next Reader::take_control_record(Piece piece, const void* buffer) noexcept {
  // "Zero-length fragments of Handshake types" and of alerts are forbidden (sections 5.1, 5.4)
  if (piece.size <= 0)
    return finish(shut_down(fd_, EPROTO));
  switch (piece.type) {
  case Handshake:
    return take_handshake(piece, buffer);
  case Alert:
    return take_alert(piece, buffer);
  default:
    return finish(shut_down(fd_, EPROTO));
  }
}

Reader::Next Reader::take_handshake(Piece piece, const void* buffer) noexcept {
  const auto* first = static_cast<const std::byte*>(buffer);
  auto verdict = handshake_.feed({first, static_cast<std::size_t>(piece.size)});
  while (!piece.ends_record) {
    std::byte rest[512];
    piece = receive_rest(rest, sizeof rest);
    if (piece.size <= 0 || piece.type != Handshake)
      return finish(shut_down(fd_, EPROTO));
    verdict = handshake_.feed({rest, static_cast<std::size_t>(piece.size)});
  }
  switch (verdict) {
  case PostHandshake::Verdict::Harmless:
    return Next::Continue;
  case PostHandshake::Verdict::KeyUpdate:
    if (handshake_.at_boundary())
      return take_key_update(handshake_.update_requested());
    break;
  case PostHandshake::Verdict::Forbidden:
    break;
  }
  return finish(shut_down(fd_, EPROTO));
}

Reader::Next Reader::take_key_update(bool wants_answer) noexcept {
  // nothing that comes behind it can be read with the keys of now
  if (follow_key_update(fd_) != 0)
    return finish(shut_down(fd_, EKEYEXPIRED));
  return answer_key_update(wants_answer);
}

Reader::Next Reader::answer_key_update(bool is_wanted) noexcept {
  handshake_ = {};
  if (!is_wanted)
    return Next::Continue;
  // one that does not fit into the socket now is not sent: nothing remembers to send it later
  const int answered = only_receives_ ? 0 : send_key_update(fd_, false);
  if (answered != 0 && answered != -EAGAIN && answered != -EINTR)
    return finish(shut_down(fd_, -answered));
  return Next::Continue;
}

// The kernel may have decrypted a KeyUpdate behind the data; poll(2) then says that there is
// nothing to read, until there are other keys, and nobody would read it. Where it cannot be
// followed it stays there: the next call, which poll(2) lets through now, fails at it.
void Reader::take_key_update_ahead() noexcept {
  std::byte message[key_update_message_size];
  const Piece ahead = receive(fd_, message, sizeof message, MSG_PEEK | MSG_DONTWAIT);
  if (ahead.size != sizeof message || ahead.type != Handshake)
    return;
  if (handshake_.feed(message) != PostHandshake::Verdict::KeyUpdate || !handshake_.at_boundary())
    return; // the next call takes it, as any other
  if (follow_key_update(fd_) != 0) {
    (void)shut_down(fd_, EKEYEXPIRED);
    return;
  }
  (void)receive_rest(message, sizeof message);
  (void)answer_key_update(handshake_.update_requested());
}

Reader::Next Reader::take_alert(Piece piece, const void* buffer) noexcept {
  std::uint8_t alert[alert_size + 1]; // level, description, and room to see that there is more
  auto size = std::min<std::size_t>(static_cast<std::size_t>(piece.size), sizeof alert);
  std::memcpy(alert, buffer, size);
  while (!piece.ends_record && size < sizeof alert) {
    piece = receive_rest(alert + size, sizeof alert - size);
    if (piece.size <= 0 || piece.type != Alert)
      return finish(shut_down(fd_, EPROTO));
    size += static_cast<std::size_t>(piece.size);
  }
  // "a record with an Alert type MUST contain exactly one message" (section 5.1)
  if (size != alert_size)
    return finish(shut_down(fd_, EPROTO));
  switch (alert[1]) {
  case CloseNotify:
    // "Any data received after a closure alert has been received MUST be ignored." (section 6.1)
    (void)shutdown(fd_, SHUT_RD);
    return finish(0);
  case UserCanceled:
    return Next::Continue; // close_notify follows
  default:
    // "MUST be treated as error alerts when received regardless of the AlertLevel in the message"
    // (section 6)
    return finish(shut_down(fd_, errno_of(alert[1])));
  }
}

int send_close_notify(int fd) noexcept {
  constexpr std::uint8_t alert[] = {warning_level, CloseNotify};
  return send_record(fd, Alert, alert);
}

} // namespace
} // namespace ktls

extern "C" ptrdiff_t ktlsctl_recv(int fd, void* buffer, size_t n, int flags) noexcept {
  const bool only_receives = (flags & KTLSCTL_RECV_ONLY) != 0;
  flags &= ~KTLSCTL_RECV_ONLY;
  if (n == 0 || (flags & ~(MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL)) != 0)
    return -EINVAL;
  return ktls::Reader(fd, only_receives).read(buffer, n, flags);
}

extern "C" int ktlsctl_shutdown(int fd) noexcept {
  int status = 0;
  // without keys the alert would go out as two bytes of clear text
  if (ktls::has_sending_keys(fd))
    status = ktls::send_close_notify(fd);
  if (status == -EAGAIN || status == -EINTR)
    return status;
  if (shutdown(fd, SHUT_WR) < 0 && status == 0)
    status = -errno;
  return status;
}
