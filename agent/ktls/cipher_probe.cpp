// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/cipher_probe.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/fd.hpp"
#include "base/reason.hpp"
#include "ktls/key_change.hpp"
#include "ktls/ktls_socket.hpp"

namespace ktls {
namespace {

constexpr int connect_limit_ms = 1000;
constexpr int connections = 2 * static_cast<int>(cipher_table.size()) + 2;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// A socket that listens on loopback. What connects to it waits in its queue, unaccepted: that is
// enough for the connecting end to be ESTABLISHED, which is all that the kernel asks for.
struct Listener {
  Fd socket;
  Address address{};
  socklen_t size = sizeof(Address);
};

Result<Listener> listen_on(const Address& address, socklen_t size) {
  Listener listener;
  listener.socket =
      Fd(::socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!listener.socket || ::bind(listener.socket.get(), &address.any, size) < 0 ||
      ::listen(listener.socket.get(), connections) < 0 ||
      ::getsockname(listener.socket.get(), &listener.address.any, &listener.size) < 0)
    return errno_error("listening on the loopback interface to probe kernel TLS");
  return listener;
}

Result<Listener> listen_on_loopback() {
  Address v4{};
  v4.v4.sin_family = AF_INET;
  v4.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto listener = listen_on(v4, sizeof(v4.v4));
  if (listener)
    return listener;
  Address v6{};
  v6.v6.sin6_family = AF_INET6;
  v6.v6.sin6_addr = in6addr_loopback;
  return listen_on(v6, sizeof(v6.v6));
}

Result<Fd> connect_to(const Listener& listener) {
  constexpr const char* what = "connecting over the loopback interface to probe kernel TLS";
  Fd client(::socket(listener.address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                     IPPROTO_TCP));
  if (!client)
    return errno_error(what);
  if (::connect(client.get(), &listener.address.any, listener.size) == 0)
    return client;
  if (errno != EINPROGRESS)
    return errno_error(what);
  pollfd wait{client.get(), POLLOUT, 0};
  if (::poll(&wait, 1, connect_limit_ms) <= 0)
    return errno_error(what, ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0)
    return errno_error(what);
  if (error != 0)
    return errno_error(what, error);
  return client;
}

// Keys of zeroes are good enough: nothing is ever sent under them.
template<class Keys>
Result<Keys> throw_away_keys(Suite suite) {
  constexpr std::array<std::byte, max_key_size> zeroes{};
  const std::span bytes(zeroes);
  return Keys::create(suite, bytes.first(facts(suite.cipher).key_size), bytes.first(iv_size(suite)),
                      bytes.first(record_sequence_size));
}

struct Try {
  std::optional<std::uint16_t> size_limit = std::nullopt;
  bool changes_keys = false;
};

// Whether keys of this suite are taken.
Result<bool> takes(const Listener& listener, Suite suite, const Try& tried) {
  const Fd client = TRY(connect_to(listener));
  TcpKtlsSocket socket(client.get());
  if (attach(socket) != Reason::Success)
    return invalid("kernel TLS is not available: load its module with 'modprobe tls', or use a "
                   "kernel built with CONFIG_TLS",
                   std::errc::no_protocol_option);
  const auto transmit = TRY(throw_away_keys<TransmitKeys>(suite));
  const auto receive = TRY(throw_away_keys<ReceiveKeys>(suite));
  return install(socket, transmit, receive, {0, 0, tried.size_limit}).has_value() &&
         (!tried.changes_keys || change(socket, transmit).has_value());
}

Result<std::vector<Cipher>> taken(const Listener& listener, Protocol protocol) {
  std::vector<Cipher> accepted;
  for (const CipherFacts& row : cipher_table) {
    const bool taken = TRY(takes(listener, {protocol, row.cipher}, {}));
    if (taken)
      accepted.push_back(row.cipher);
  }
  return accepted;
}

} // namespace

Result<KernelTls> probe_ciphers() {
  constexpr std::uint16_t any_limit = 1000;
  const Listener listener = TRY(listen_on_loopback());
  KernelTls kernel;
  kernel.tls13 = TRY(taken(listener, Protocol::Tls13));
  kernel.tls12 = TRY(taken(listener, Protocol::Tls12));
  if (!kernel.tls13.empty()) {
    const Suite any{Protocol::Tls13, kernel.tls13.front()};
    kernel.limits_records = TRY(takes(listener, any, {any_limit, false}));
    kernel.changes_keys = TRY(takes(listener, any, {std::nullopt, true}));
  }
  return kernel;
}

} // namespace ktls
