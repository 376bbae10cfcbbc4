// SPDX-License-Identifier: GPL-2.0-or-later
// Options: what a test's end of a handshake is to be like.
#pragma once

#include <string>

#include "ipc/profile.hpp"

namespace ktls::test {

struct Options {
  ipc::HandshakeRole role = ipc::HandshakeRole::Client;
  ipc::ClientAuthType client_auth_type = ipc::ClientAuthType::Required;
  std::string certificate; // a file name without its end; empty: none
  std::string key = "leaf";
  std::string trust = "ca";
  std::string name = "server.test"; // of the server, for the client
  bool anonymous = false;
  std::string priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
};

inline Options client(const std::string& certificate = {}) {
  Options options;
  options.certificate = certificate;
  return options;
}
inline Options server(const std::string& certificate = "server", const std::string& key = "leaf") {
  Options options = client(certificate);
  options.role = ipc::HandshakeRole::Server;
  options.key = key;
  return options;
}
inline Options asking_server(ipc::ClientAuthType type = ipc::ClientAuthType::Required) {
  Options options = server();
  options.role = ipc::HandshakeRole::ServerWithClientAuth;
  options.client_auth_type = type;
  return options;
}

} // namespace ktls::test
