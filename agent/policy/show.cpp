// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/show.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/condition_text.hpp"
#include "policy/pin.hpp"
#include "policy/toml_writer.hpp"

namespace ktls::policy {

const char* role_name(ipc::HandshakeRole role) {
  switch (role) {
  case ipc::HandshakeRole::Client:
    return "client";
  case ipc::HandshakeRole::Server:
    return "server";
  case ipc::HandshakeRole::ServerWithClientAuth:
    return "server-with-client-auth";
  }
  return "";
}

const char* strength_name(MappingStrength strength) {
  return strength == MappingStrength::Strong ? "strong" : "weak";
}

const char* level_name(LogLevel level) {
  switch (level) {
  case LogLevel::Error:
    return "error";
  case LogLevel::Warning:
    return "warning";
  case LogLevel::Info:
    return "info";
  case LogLevel::Debug:
    return "debug";
  }
  return "";
}

std::optional<LogLevel> level_of(std::string_view name) {
  for (const auto level : {LogLevel::Error, LogLevel::Warning, LogLevel::Info, LogLevel::Debug}) {
    if (name == level_name(level))
      return level;
  }
  return std::nullopt;
}

namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;
using ipc::Proof;
using ipc::RevocationLevel;

const char* name_of(Action action) {
  return action == Action::Clear ? "clear" : "deny";
}

const char* name_of(ClientAuthType type) {
  switch (type) {
  case ClientAuthType::PassThru:
    return "passthru";
  case ClientAuthType::Full:
    return "full";
  case ClientAuthType::Required:
    return "required";
  case ClientAuthType::SafCheck:
    return "safcheck";
  }
  return "";
}

const char* name_of(Proof proof) {
  switch (proof) {
  case Proof::Nothing:
    return "none";
  case Proof::Chain:
    return "chain";
  case Proof::Name:
    return "name";
  }
  return "";
}

const char* name_of(RevocationLevel level) {
  switch (level) {
  case RevocationLevel::None:
    return "none";
  case RevocationLevel::Low:
    return "low";
  case RevocationLevel::Medium:
    return "medium";
  case RevocationLevel::High:
    return "high";
  }
  return "";
}

void write_agent(const Policy& policy, TomlWriter& out) {
  const auto& agent = policy.agent();
  out.table("[agent]", agent.where);
  out.value("socket", agent.socket);
  out.number("workers", agent.workers);
  out.value("default_action", name_of(policy.default_action()));
  out.value("watch_files", agent.watch_files);
  out.value("allow_key_logging", agent.allow_key_logging);
  out.number("handshake_timeout", agent.handshake_timeout.count());
  out.number("first_byte_timeout", agent.first_byte_timeout.count());
  out.number("request_timeout", agent.request_timeout.count());
  out.number("revalidation_interval", agent.revalidation_interval.count());
  out.list("network_namespaces", agent.network_namespaces);
  out.number("max_handshakes", agent.max_handshakes);
  out.number("max_queued", agent.max_queued);
  out.number("max_handshakes_per_uid", agent.max_handshakes_per_uid);
  out.number("max_handshakes_per_address", agent.max_handshakes_per_address);
  out.number("max_connections", agent.max_connections);
  out.number("max_connections_per_uid", agent.max_connections_per_uid);
}

void write_credential(const NamedCredential& credential, TomlWriter& out) {
  for (const auto& [certificate, private_key, ocsp_response] : credential.alternatives) {
    out.table(fmt::format("[[credential.{}]]", credential.name), certificate.where);
    out.value("certificate", certificate.path);
    if (private_key.place == KeyPlace::Token && private_key.name() != private_key.path)
      out.comment("the rest of the URL, which may hold a PIN, is left out");
    out.value("private_key", private_key.name());
    if (ocsp_response)
      out.value("ocsp_response", ocsp_response->path);
  }
}

void write_verification(const ProfileSettings& profile, TomlWriter& out) {
  const auto& verification = profile.verification;
  if (profile.role == HandshakeRole::Client) {
    out.value("server_verification", name_of(verification.proof));
    if (verification.proof != Proof::Nothing)
      out.value("require_ocsp_staple", verification.require_ocsp_staple);
  }
  out.list("truststore", profile.truststore);
  if (verification.proof != Proof::Nothing)
    out.value("trust_intermediates", verification.trust_intermediates);
  out.list("crls", profile.crls);
  if (verification.revocation != RevocationLevel::None)
    out.value("revocation_security_level", name_of(verification.revocation));
  std::vector<std::string> pins;
  for (const auto& pin : verification.pins)
    pins.push_back(pin_text(pin));
  out.list("pins", pins);
  out.number("min_peer_rsa_bits", verification.min_rsa_bits);
  out.number("min_peer_ec_bits", verification.min_ec_bits);
}

void write_mapping(const ProfileSettings& profile, TomlWriter& out) {
  if (!profile.asks_user())
    return;
  const auto& mapping = profile.mapping;
  if (!profile.needs_user())
    out.value("map_user", true);
  out.value("min_mapping_strength", strength_name(mapping.min_strength));
  out.list("mapped_users", mapping.users);
  out.list("mapped_groups", mapping.groups);
  out.value("revoked_sessions", mapping.revoked_sessions == RevokedSessions::End ? "end" : "keep");
}

// What a profile without a pre-shared key has.
void write_certificates(const Policy& policy, const ProfileSettings& profile, TomlWriter& out) {
  std::vector<std::string> names;
  for (const auto number : profile.credentials)
    names.push_back(policy.credentials()[number].name);
  out.list("credentials", names);
  if (profile.role == HandshakeRole::ServerWithClientAuth)
    out.value("client_auth_type", name_of(profile.client_auth_type));
  if (profile.role != HandshakeRole::Server)
    write_verification(profile, out);
  write_mapping(profile, out);
  std::vector<std::string> versions;
  if (profile.tls12)
    versions.emplace_back("1.2");
  if (profile.tls13)
    versions.emplace_back("1.3");
  out.list("versions", versions);
  out.list("signature_algorithms", profile.signature_algorithms.names);
  if (profile.role != HandshakeRole::Client) {
    out.value("session_tickets", profile.session_tickets);
    out.list("tags", profile.tags);
  }
}

void write_psk(const ProfileSettings& profile, TomlWriter& out) {
  if (profile.psk == PskKind::Keyring)
    out.value("psk", "keyring");
  if (profile.psk_file)
    out.value("psk_file", profile.psk_file->path);
  if (!profile.psk_identity.empty())
    out.value("psk_identity", profile.psk_identity);
}

void write_profile(const Policy& policy, const ProfileSettings& profile, TomlWriter& out) {
  out.table(fmt::format("[profile.{}]", profile.name), profile.where);
  if (!profile.inherits.empty())
    out.comment(fmt::format("with what it inherits from {}", profile.inherits));
  out.value("handshake_role", role_name(profile.role));
  if (profile.psk == PskKind::None)
    write_certificates(policy, profile, out);
  else
    write_psk(profile, out);
  if (!profile.server_name.empty())
    out.value("server_name", profile.server_name);
  out.list("ciphers", profile.ciphers.names);
  out.list("groups", profile.groups.names);
  out.list("alpn", profile.alpn);
  out.number("max_peer_chain", profile.peer_limits.chain_length);
  out.number("max_peer_chain_bytes", profile.peer_limits.chain_bytes);
  out.number("max_peer_rsa_bits", profile.peer_limits.rsa_bits);
  out.number("max_peer_rsa_exponent_bits", profile.peer_limits.rsa_exponent_bits);
  out.number("handshake_timeout", profile.handshake_timeout.count());
  out.number("first_byte_timeout", profile.first_byte_timeout.count());
  out.numbers("allowed_users", profile.allowed_users);
  out.numbers("allowed_groups", profile.allowed_groups);
  out.list("allowed_units", profile.allowed_units);
  out.value("log_level", level_name(profile.log_level));
  if (profile.key_log_file)
    out.value("key_log_file", profile.key_log_file->path);
}

void write_rule(const Policy& policy, const Rule& rule, TomlWriter& out) {
  out.table("[[rule]]", rule.where);
  out.value("name", rule.name);
  out.number("priority", rule.priority);
  for (const auto& [key, values] : text_of(rule.conditions)) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const auto& [text, is_number] : values)
      texts.push_back(is_number ? text : toml_string(text));
    out.raw_list(key, texts);
  }
  std::vector<std::string> times;
  for (const auto& window : rule.times)
    times.push_back(text_of(window));
  out.list("time", times);
  if (rule.action == Action::Profile)
    out.value("profile", policy.profiles()[rule.profile].name);
  else
    out.value("action", name_of(rule.action));
}

} // namespace

std::string to_toml(const Policy& policy) {
  TomlWriter out;
  write_agent(policy, out);
  for (const auto& credential : policy.credentials())
    write_credential(credential, out);
  for (const auto& profile : policy.profiles())
    write_profile(policy, profile, out);
  for (const auto& rule : policy.rules())
    write_rule(policy, rule, out);
  return out.take();
}

std::string sizes(const Policy& policy) {
  return fmt::format("{}, {}, {}", counted(policy.rules().size(), "rule"),
                     counted(policy.profiles().size(), "profile"),
                     counted(policy.credentials().size(), "credential"));
}

} // namespace ktls::policy
