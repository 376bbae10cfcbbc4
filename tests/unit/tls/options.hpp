// SPDX-License-Identifier: GPL-2.0-or-later
// Options: what a test's end of a handshake is to be like.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ipc/profile.hpp"
#include "tls/handshake_watch.hpp"
#include "tls/key_log.hpp"
#include "tls/local_psk.hpp"
#include "tls/user_check.hpp"

namespace ktls::test {

struct Options {
  ipc::HandshakeRole role = ipc::HandshakeRole::Client;
  ipc::ClientAuthType client_auth_type = ipc::ClientAuthType::Required;
  std::vector<std::string> certificates; // file names without their end
  std::string key = "leaf";
  std::string trust = "ca";
  std::string name = "server.test"; // of the server, for the client
  bool anonymous = false;
  std::string priority = "-VERS-ALL:+VERS-TLS1.3"; // behind the default
  std::vector<std::string> alpn;
  bool tickets = false;
  bool limits_records = true;
  bool keeps_secrets = false;
  std::string ticket_key;
  std::optional<LocalPsk> psk;
  tls::UserCheck* user = nullptr;
  tls::HandshakeWatch* watch = nullptr;
  tls::KeyLog* key_log = nullptr;
};

inline Options client(const std::string& certificate = {}) {
  Options options;
  if (!certificate.empty())
    options.certificates = {certificate};
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

inline constexpr const char* tls12 = "-VERS-ALL:+VERS-TLS1.2";
inline constexpr std::array versions{tls12, "-VERS-ALL:+VERS-TLS1.3"};

inline Options with_tls12(Options options) {
  options.priority = tls12;
  return options;
}

} // namespace ktls::test
