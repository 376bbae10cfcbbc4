// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/profile_checks.hpp"

#include <fmt/format.h>

#include <array>

namespace ktls::policy {
namespace {

using ipc::HandshakeRole;

constexpr unsigned client = 1;
constexpr unsigned server = 2;
constexpr unsigned judging_server = 4;

struct Scope {
  std::string_view key;
  unsigned roles;    // that it is for
  bool certificates; // it is about them, or of TLS 1.2
  std::string_view with;
};
constexpr std::string_view judged = "counts only where a certificate is asked for";
constexpr std::string_view for_clients = R"(counts only with handshake_role = "client")";
constexpr std::string_view for_servers = "counts only for servers";
constexpr std::string_view client_auth =
    R"(counts only with handshake_role = "server-with-client-auth")";

constexpr std::array<Scope, 22> scopes{{
    {"client_auth_type", judging_server, true, client_auth},
    {"credentials", client | server | judging_server, true, ""},
    {"truststore", client | judging_server, true, judged},
    {"trust_intermediates", client | judging_server, true, judged},
    {"crls", client | judging_server, true, judged},
    {"revocation_security_level", client | judging_server, true, judged},
    {"pins", client | judging_server, true, judged},
    {"min_peer_rsa_bits", client | judging_server, true, judged},
    {"min_peer_ec_bits", client | judging_server, true, judged},
    {"require_ocsp_staple", client, true, for_clients},
    {"server_verification", client, true, for_clients},
    {"server_name", client, false, for_clients},
    {"psk_identity", client, false, for_clients},
    {"session_tickets", server | judging_server, true, for_servers},
    {"tags", server | judging_server, true, for_servers},
    {"signature_algorithms", client | server | judging_server, true, ""},
    {"versions", client | server | judging_server, true, ""},
    {"map_user", judging_server, true, client_auth},
    {"min_mapping_strength", judging_server, true, client_auth},
    {"mapped_users", judging_server, true, client_auth},
    {"mapped_groups", judging_server, true, client_auth},
    {"revoked_sessions", judging_server, true, client_auth},
}};

unsigned bit_of(HandshakeRole role) {
  switch (role) {
  case HandshakeRole::Client:
    return client;
  case HandshakeRole::Server:
    return server;
  case HandshakeRole::ServerWithClientAuth:
    return judging_server;
  }
  return 0;
}

void refuse(Table& in, std::string_view key, const Entry& because, std::string_view text) {
  const auto* entry = in.find(key);
  if (entry == nullptr)
    return;
  if (entry->generation > because.generation)
    in.forget(key);
  else
    in.conflict(key, text);
}

// RFC 8446, section 4.1.1: with a pre-shared key neither end presents a certificate.
void check_psk(const ProfileSettings& profile, Table& in) {
  const std::string_view key = in.has("psk_file") ? "psk_file" : "psk";
  const Entry because = *in.find(key);
  for (const auto& scope : scopes) {
    if (scope.certificates)
      refuse(in, scope.key, because,
             fmt::format(
                 "does not go with {}: a pre-shared key authenticates both ends, in TLS 1.3", key));
  }
  if (profile.role == HandshakeRole::ServerWithClientAuth)
    in.conflict("handshake_role", fmt::format("does not go with {}: no certificate is asked for; "
                                              "it is \"client\" or \"server\"",
                                              key));
  if (in.has("psk_file") && in.has("psk"))
    in.conflict("psk", "does not go with psk_file: it is the one or the other");
  if (profile.psk != PskKind::Keyring)
    return;
  for (const std::string_view allowed : {"allowed_users", "allowed_groups", "allowed_units"})
    refuse(in, allowed, because,
           "does not go with psk = \"keyring\", which only services in the kernel use");
}

void check_unjudged(Table& in, std::string_view reason) {
  const auto* found = in.find(reason);
  if (found == nullptr)
    return;
  const Entry because = *found;
  for (const std::string_view key :
       {"crls", "revocation_security_level", "trust_intermediates", "require_ocsp_staple"})
    refuse(in, key, because,
           fmt::format("does not go with {}: no certificate is validated", because.written));
}

void check_mapping(const ProfileSettings& profile, Table& in) {
  const auto* found =
      in.has("client_auth_type") ? in.find("client_auth_type") : in.find("handshake_role");
  const Entry because = *found;
  if (profile.client_auth_type == ipc::ClientAuthType::SafCheck)
    return refuse(in, "map_user", because,
                  "does not go with client_auth_type = \"safcheck\", which always does so");
  if (profile.client_auth_type == ipc::ClientAuthType::PassThru)
    refuse(in, "map_user", because,
           "does not go with client_auth_type = \"passthru\": what nobody has validated belongs "
           "to nobody");
  bool looked_up = in.has("map_user");
  in.read("map_user", looked_up);
  if (looked_up)
    return;
  const Entry off = in.has("map_user") ? *in.find("map_user") : because;
  for (const std::string_view key :
       {"min_mapping_strength", "mapped_users", "mapped_groups", "revoked_sessions"})
    refuse(in, key, off,
           "counts only with client_auth_type = \"safcheck\", or with map_user = true");
}

} // namespace

void check_combinations(const ProfileSettings& profile, Table& in) {
  const auto* found = in.find("handshake_role");
  if (found == nullptr)
    return;
  const Entry role = *found;
  for (const auto& scope : scopes) {
    if ((scope.roles & bit_of(profile.role)) == 0)
      refuse(in, scope.key, role, scope.with);
  }
  if (in.has("psk_file") || in.has("psk"))
    check_psk(profile, in);
  if (profile.role == HandshakeRole::ServerWithClientAuth)
    check_mapping(profile, in);
  if (profile.verification.proof == ipc::Proof::Nothing)
    check_unjudged(in, profile.role == HandshakeRole::Client ? "server_verification"
                                                             : "client_auth_type");
  if (!in.has("crls"))
    in.conflict("revocation_security_level", "counts only with crls");
  if (!in.has("psk_file"))
    in.conflict("psk_identity", "counts only with psk_file");
}

} // namespace ktls::policy
