// SPDX-License-Identifier: GPL-2.0-or-later
// Parties: both ends of a handshake, connected.
#pragma once

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

} // namespace ktls::test
