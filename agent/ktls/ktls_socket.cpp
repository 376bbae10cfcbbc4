// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/ktls_socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "ktls/crypto_info.hpp"

namespace ktls {
namespace {

constexpr std::string_view ulp_name = "tls";

Result<> set_keys(KtlsSocket& socket, const TransmitKeys& transmit, const ReceiveKeys& receive) {
  const CryptoInfo transmit_info = TRY(CryptoInfo::tls13(transmit));
  const CryptoInfo receive_info = TRY(CryptoInfo::tls13(receive));
  if (const int error = socket.set_option(SOL_TLS, TLS_TX, transmit_info.bytes()); error != 0)
    return errno_error("giving the kernel the keys to send with", error);
  // the point of no return: what is sent from here on is encrypted
  if (const int error = socket.set_option(SOL_TLS, TLS_RX, receive_info.bytes()); error != 0)
    return errno_error("giving the kernel the keys to receive with", error);
  return {};
}

} // namespace

int TcpKtlsSocket::set_option(int level, int name, std::span<const std::byte> value) {
  const auto size = static_cast<socklen_t>(value.size());
  return ::setsockopt(fd_, level, name, value.data(), size) < 0 ? errno : 0;
}

void TcpKtlsSocket::shut_down() {
  (void)::shutdown(fd_, SHUT_RDWR);
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
  auto installed = set_keys(socket, transmit, receive);
  if (!installed)
    socket.shut_down();
  return installed;
}

} // namespace ktls
