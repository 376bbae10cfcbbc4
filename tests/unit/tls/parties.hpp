// SPDX-License-Identifier: GPL-2.0-or-later
// Parties: both ends of a handshake, connected.
#pragma once

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include "support/sockets.hpp"
#include "tls/party.hpp"

namespace ktls::test {

struct Parties {
  Parties(const Options& client_options, const Options& server_options)
      : client(sockets.ours.get(), client_options), server(sockets.peers.get(), server_options) {}
  // Until neither gets any further.
  Parties& shake() {
    constexpr int more_than_enough = 50;
    for (int i = 0; i < more_than_enough; ++i) {
      (void)client.advance();
      (void)server.advance();
    }
    return *this;
  }

  Pair sockets = unix_pair();
  Party client;
  Party server;
};

inline void expect_complete(const Parties& parties) {
  ASSERT_EQ(parties.client.step, Party::Step::Complete) << parties.client.detail();
  ASSERT_EQ(parties.server.step, Party::Step::Complete) << parties.server.detail();
}

inline std::uint64_t number(const std::array<std::byte, 8>& sequence) {
  std::uint64_t value = 0;
  for (const std::byte byte : sequence)
    value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

// For a session of GnuTLS alone.
inline void set_nonblocking(gnutls_session_t session, int socket) {
  ASSERT_EQ(::fcntl(socket, F_SETFL, O_NONBLOCK), 0);
  gnutls_transport_set_int(session, socket);
}

} // namespace ktls::test
