// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/profile_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/host_name.hpp"
#include "base/text.hpp"
#include "policy/mapping_keys.hpp"
#include "policy/path_values.hpp"
#include "policy/pin.hpp"
#include "policy/profile_checks.hpp"

namespace ktls::policy {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;
using ipc::Proof;
using ipc::RevocationLevel;

constexpr std::size_t max_paths = 64;
constexpr std::size_t max_pins = 64;
constexpr std::size_t max_names = 64;
constexpr std::size_t max_accounts = 1024;

constexpr std::array<Key, 40> profile_key_list{{
    {"inherits", ""},
    {"handshake_role", "HandshakeRole"},
    {"client_auth_type", "ClientAuthType"},
    {"credentials", ""},
    {"truststore", ""},
    {"trust_intermediates", ""},
    {"crls", ""},
    {"revocation_security_level", "RevocationSecurityLevel"},
    {"require_ocsp_staple", ""},
    {"server_verification", ""},
    {"server_name", ""},
    {"pins", ""},
    {"min_peer_rsa_bits", "PeerMinRsaKeySize"},
    {"min_peer_ec_bits", "PeerMinECCKeySize"},
    {"versions", ""},
    {"ciphers", ""},
    {"groups", ""},
    {"signature_algorithms", ""},
    {"alpn", ""},
    {"session_tickets", ""},
    {"tags", ""},
    {"max_peer_chain", ""},
    {"max_peer_chain_bytes", ""},
    {"max_peer_rsa_bits", ""},
    {"max_peer_rsa_exponent_bits", ""},
    {"psk_file", ""},
    {"psk_identity", ""},
    {"psk", ""},
    {"handshake_timeout", ""},
    {"first_byte_timeout", "HandshakeTimeout"},
    {"allowed_users", ""},
    {"allowed_groups", ""},
    {"allowed_units", ""},
    {"map_user", ""},
    {"min_mapping_strength", ""},
    {"mapped_users", ""},
    {"mapped_groups", ""},
    {"revoked_sessions", ""},
    {"log_level", ""},
    {"key_log_file", ""},
}};

constexpr std::array<Choice<HandshakeRole>, 3> handshake_roles{{
    {"client", "Client", HandshakeRole::Client},
    {"server", "Server", HandshakeRole::Server},
    {"server-with-client-auth", "ServerWithClientAuth", HandshakeRole::ServerWithClientAuth},
}};
constexpr std::array<Choice<ClientAuthType>, 4> client_auth_types{{
    {"passthru", "PassThru", ClientAuthType::PassThru},
    {"full", "Full", ClientAuthType::Full},
    {"required", "Required", ClientAuthType::Required},
    {"safcheck", "SAFCheck", ClientAuthType::SafCheck},
}};
constexpr std::array<Choice<Proof>, 3> server_verifications{{
    {"name", "", Proof::Name},
    {"chain", "", Proof::Chain},
    {"none", "", Proof::Nothing},
}};
constexpr std::array<Choice<RevocationLevel>, 3> revocation_levels{{
    {"low", "Low", RevocationLevel::Low},
    {"medium", "Medium", RevocationLevel::Medium},
    {"high", "High", RevocationLevel::High},
}};
constexpr std::array<Choice<PskKind>, 1> psk_kinds{{{"keyring", "", PskKind::Keyring}}};

constexpr std::array<Choice<LogLevel>, 4> log_levels{{
    {"error", "", LogLevel::Error},
    {"warning", "", LogLevel::Warning},
    {"info", "", LogLevel::Info},
    {"debug", "", LogLevel::Debug},
}};

// What decides on which other keys there may be. False: the role is none that there is.
bool read_kind(const Table& in, ProfileSettings& out) {
  out.role = HandshakeRole::Client;
  const bool known =
      in.read("handshake_role", handshake_roles, out.role) || !in.has("handshake_role");
  out.client_auth_type = ClientAuthType::Required;
  in.read("client_auth_type", client_auth_types, out.client_auth_type);
  out.psk = in.has("psk_file") ? PskKind::File : PskKind::None;
  in.read("psk", psk_kinds, out.psk);
  auto& proof = out.verification.proof;
  proof = Proof::Chain;
  if (out.role == HandshakeRole::Client) {
    proof = Proof::Name;
    in.read("server_verification", server_verifications, proof);
  } else if (out.role == HandshakeRole::ServerWithClientAuth &&
             out.client_auth_type == ClientAuthType::PassThru) {
    proof = Proof::Nothing;
  }
  return known;
}

void read_credentials(const Table& in, const Surroundings& around, ProfileSettings& out) {
  std::size_t certificates = 0;
  in.each("credentials", ipc::Profile::max_credentials,
          [&](const Entry& entry, const toml::node& value) {
            const auto number = around.credential_names.find(in, entry, value);
            if (!number)
              return;
            if (std::ranges::find(out.credentials, *number) != out.credentials.end())
              return in.problem(entry, value, "is given twice");
            out.credentials.push_back(*number);
            certificates += around.credentials[*number].alternatives.size();
          });
  if (certificates > ipc::Profile::max_credentials)
    in.conflict("credentials", fmt::format("{} certificates are too many: at most {}", certificates,
                                           ipc::Profile::max_credentials));
}

void read_pins(const Table& in, ipc::Verification& out) {
  in.each("pins", max_pins, [&](const Entry& entry, const toml::node& value) {
    const auto* text = value.as_string();
    const auto pin = text == nullptr ? std::nullopt : parse_pin(text->get());
    if (!pin)
      in.problem(entry, value,
                 "must be a SHA-256: 64 hexadecimal digits, or \"sha256//\" and base64");
    else if (std::ranges::find(out.pins, *pin) != out.pins.end())
      in.problem(entry, value, "is given twice");
    else
      out.pins.push_back(*pin);
  });
}

void read_verification(const Table& in, ProfileSettings& out) {
  auto& verification = out.verification;
  out.truststore = read_paths(in, "truststore", PathKind::Trusted, max_paths);
  out.crls = read_paths(in, "crls", PathKind::File, max_paths);
  if (in.has("crls"))
    verification.revocation = RevocationLevel::High;
  in.read("revocation_security_level", revocation_levels, verification.revocation);
  in.read("trust_intermediates", verification.trust_intermediates);
  in.read("require_ocsp_staple", verification.require_ocsp_staple);
  read_pins(in, verification);
  in.read("min_peer_rsa_bits", 1024, 16'384, verification.min_rsa_bits);
  in.read("min_peer_ec_bits", 192, 521, verification.min_ec_bits);
  in.read("max_peer_chain", 1, 100, out.peer_limits.chain_length);
  in.read("max_peer_chain_bytes", 1024, 65'536, out.peer_limits.chain_bytes);
  in.read("max_peer_rsa_bits", 2048, 16'384, out.peer_limits.rsa_bits);
  in.read("max_peer_rsa_exponent_bits", 2, 256, out.peer_limits.rsa_exponent_bits);
}

void check_rsa_bits(const Table& in, const ProfileSettings& profile) {
  const auto least = profile.verification.min_rsa_bits;
  const auto most = profile.peer_limits.rsa_bits;
  if (least > most)
    in.conflict(
        in.has("min_peer_rsa_bits") ? "min_peer_rsa_bits" : "max_peer_rsa_bits",
        fmt::format("at least {} and at most {} bits: no RSA key is of that size", least, most));
}

LocatedNames read_names(const Table& in, std::string_view key) {
  const auto* entry = in.find(key);
  if (entry == nullptr)
    return {};
  return {in.strings(key, max_names), in.where(*entry)};
}

void read_versions(const Table& in, ProfileSettings& out) {
  const auto* entry = in.find("versions");
  if (entry == nullptr)
    return;
  out.tls12 = out.tls13 = false;
  for (const auto& version : in.strings("versions", 2)) {
    if (version == "1.2")
      out.tls12 = true;
    else if (version == "1.3")
      out.tls13 = true;
    else
      in.problem(*entry,
                 fmt::format("\"{}\" is not one of: 1.2, 1.3", escape(version, max_name_shown)));
  }
}

void read_alpn(const Table& in, ProfileSettings& out) {
  out.alpn = in.strings("alpn", ipc::Profile::max_alpn);
  for (const auto& name : out.alpn) {
    if (escape(name) != name)
      in.problem(*in.find("alpn"),
                 "only printable ASCII characters can be in a protocol name here");
  }
}

void read_tags(const Table& in, ProfileSettings& out) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  out.tags = in.strings("tags", max_tags);
  for (const auto& tag : out.tags) {
    if (tag.find_first_not_of(allowed) != std::string::npos)
      in.problem(*in.find("tags"),
                 fmt::format("\"{}\": only letters, digits, '_' and '-' can be in a tag",
                             escape(tag, max_name_shown)));
  }
}

void read_session(const Table& in, ProfileSettings& out) {
  read_versions(in, out);
  out.ciphers = read_names(in, "ciphers");
  out.groups = read_names(in, "groups");
  out.signature_algorithms = read_names(in, "signature_algorithms");
  read_alpn(in, out);
  in.read("session_tickets", out.session_tickets);
  read_tags(in, out);
  if (out.psk == PskKind::File)
    out.psk_file = read_path(in, "psk_file", PathKind::File);
  out.psk_identity = in.text("psk_identity").value_or("");
}

void read_server_name(const Table& in, ProfileSettings& out) {
  const auto text = in.text("server_name");
  if (!text)
    return;
  if (const auto name = HostName::parse(*text))
    out.server_name = name->text();
  else
    in.problem(*in.find("server_name"), "must be the name or the address of a host");
}

// Who wants it says so twice: here, in the profile itself, and for the agent as a whole.
void read_key_log(Table& in, bool allowed, ProfileSettings& out) {
  const auto* entry = in.find("key_log_file");
  if (entry == nullptr)
    return;
  if (entry->generation > 0)
    return in.forget("key_log_file");
  if (!allowed)
    return in.problem(*entry, "whoever reads the file can decrypt the profile's sessions: it needs "
                              "allow_key_logging = true in [agent], too, or is to be left out");
  out.key_log_file = read_path(in, "key_log_file", PathKind::Path);
}

// What is not there, and has to be.
void check_completeness(const Table& in, const ProfileSettings& profile) {
  if (!in.has("handshake_role"))
    return in.missing("handshake_role", "\"client\", \"server\" or \"server-with-client-auth\"");
  if (profile.psk != PskKind::None || in.has("psk"))
    return;
  if (profile.role != HandshakeRole::Client && !in.has("credentials"))
    in.missing("credentials", "a server has to present a certificate");
  if (profile.verification.proof == Proof::Nothing || in.has("truststore"))
    return;
  if (profile.role == HandshakeRole::Client)
    in.missing("truststore", "without it no server can be verified");
  else if (profile.role == HandshakeRole::ServerWithClientAuth)
    in.missing("truststore", "without it no client can be verified");
}

} // namespace

std::span<const Key> profile_keys() {
  return profile_key_list;
}

ProfileSettings read_profile(const std::string& name, Table& in, const Surroundings& around,
                             bool whole) {
  ProfileSettings out;
  out.name = name;
  out.where = in.report().where(in.place());
  whole = read_kind(in, out) && whole && !in.is_ambiguous();
  if (whole) {
    out.inherits = in.text("inherits").value_or("");
    check_combinations(out, in);
    (void)read_kind(in, out); // of what is left
    check_completeness(in, out);
  }
  read_credentials(in, around, out);
  read_verification(in, out);
  if (whole)
    check_rsa_bits(in, out);
  read_session(in, out);
  read_server_name(in, out);
  out.handshake_timeout = around.agent.handshake_timeout;
  out.first_byte_timeout = around.agent.first_byte_timeout;
  in.read("handshake_timeout", around.agent.handshake_timeout, out.handshake_timeout);
  in.read("first_byte_timeout", around.agent.first_byte_timeout, out.first_byte_timeout);
  out.allowed_users = read_users(in, "allowed_users", max_accounts, around.accounts);
  out.allowed_groups = read_groups(in, "allowed_groups", max_accounts, around.accounts);
  out.allowed_units = read_units(in, "allowed_units", max_accounts);
  out.mapping = read_mapping(in);
  in.read("log_level", log_levels, out.log_level);
  read_key_log(in, around.agent.allow_key_logging, out);
  return out;
}

} // namespace ktls::policy
