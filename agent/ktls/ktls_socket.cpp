// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/ktls_socket.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "ktls/crypto_info.hpp"

namespace ktls {
namespace {

constexpr std::string_view ulp_name = "tls";
constexpr int tx_max_payload_len = 5; // TLS_TX_MAX_PAYLOAD_LEN of newer headers
// "the record size limit [...] MUST NOT be less than 64" and, in TLS 1.3, "includes the content
// type and padding" (RFC 8449, section 4).
constexpr std::uint16_t least_size_limit = 64;
constexpr std::uint16_t largest_payload = 16384;

// None: the protocol's own limit is as good.
std::optional<std::uint16_t> payload_within(Protocol protocol, std::uint16_t size_limit) {
  const auto payload =
      static_cast<std::uint16_t>(protocol == Protocol::Tls13 ? size_limit - 1 : size_limit);
  return payload < largest_payload ? std::optional(payload) : std::nullopt;
}

Result<> limit_records(KtlsSocket& socket, Protocol protocol, std::uint16_t size_limit) {
  const auto payload = payload_within(protocol, size_limit);
  const int error = payload ? set_max_payload(socket, *payload) : 0;
  if (error == ENOPROTOOPT)
    return errno_error(fmt::format("the peer takes records of at most {} bytes, to which this "
                                   "kernel cannot keep (Linux 7.0 can)",
                                   size_limit),
                       error);
  if (error != 0)
    return errno_error("limiting the size of records", error);
  return {};
}

Result<> set_keys(KtlsSocket& socket, const TransmitKeys& transmit, const ReceiveKeys& receive,
                  const NextRecords& next) {
  if (transmit.suite() != receive.suite())
    return invalid("the keys of the two directions are of different suites");
  if (transmit.next_record() != next.sent || receive.next_record() != next.received)
    return invalid(fmt::format("the keys are for the records number {} and {}, and the next are {} "
                               "and {}",
                               transmit.next_record(), receive.next_record(), next.sent,
                               next.received));
  if (next.size_limit && *next.size_limit < least_size_limit)
    return invalid(fmt::format("a record size limit of {} bytes is below {}", *next.size_limit,
                               least_size_limit));
  const CryptoInfo transmit_info = TRY(CryptoInfo::of(transmit));
  const CryptoInfo receive_info = TRY(CryptoInfo::of(receive));
  if (const int error = socket.set_option(SOL_TLS, TLS_TX, transmit_info.bytes()); error != 0)
    return errno_error("giving the kernel the keys to send with", error);
  // the point of no return: what is sent from here on is encrypted. The limit comes behind it, as
  // the kernel takes TLS 1.3's least, 63 bytes of data, only when it knows the version.
  if (next.size_limit)
    TRY(limit_records(socket, transmit.suite().protocol, *next.size_limit));
  if (const int error = socket.set_option(SOL_TLS, TLS_RX, receive_info.bytes()); error != 0)
    return errno_error("giving the kernel the keys to receive with", error);
  return {};
}

} // namespace

int TcpKtlsSocket::set_option(int level, int name, std::span<const std::byte> value) {
  const auto size = static_cast<socklen_t>(value.size());
  return ::setsockopt(fd_, level, name, value.data(), size) < 0 ? errno : 0;
}

int TcpKtlsSocket::get_option(int level, int name, std::span<std::byte> value) {
  auto size = static_cast<socklen_t>(value.size());
  if (::getsockopt(fd_, level, name, value.data(), &size) < 0)
    return errno;
  return size == value.size() ? 0 : EMSGSIZE;
}

void TcpKtlsSocket::shut_down() {
  (void)::shutdown(fd_, SHUT_RDWR);
}

int set_max_payload(KtlsSocket& socket, std::uint16_t payload) {
  return socket.set_option(SOL_TLS, tx_max_payload_len, std::as_bytes(std::span(&payload, 1)));
}

Reason attach(KtlsSocket& socket) {
  switch (socket.set_option(IPPROTO_TCP, TCP_ULP, std::as_bytes(std::span(ulp_name)))) {
  case 0:
    return Reason::Success;
  case EEXIST:
    return Reason::AlreadyTls;
  case ENOTCONN:
    return Reason::NotConnected;
  default:
    return Reason::KernelTlsUnavailable;
  }
}

Result<> install(KtlsSocket& socket, const TransmitKeys& transmit, const ReceiveKeys& receive) {
  return install(socket, transmit, receive, behind_handshake(transmit.suite().protocol));
}

Result<> install(KtlsSocket& socket, const TransmitKeys& transmit, const ReceiveKeys& receive,
                 const NextRecords& next) {
  auto installed = set_keys(socket, transmit, receive, next);
  if (!installed)
    socket.shut_down();
  return installed;
}

} // namespace ktls
