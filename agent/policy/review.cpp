// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "policy/rule_review.hpp"

namespace ktls::policy {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;
using ipc::Proof;
using ipc::RevocationLevel;

class Review {
public:
  explicit Review(const Policy& policy) : policy_(policy) {}

  std::vector<Remark> take() {
    if (policy_.default_action() == Action::Clear)
      warn(policy_.agent().where, "agent.default_action",
           "is \"clear\": what no rule is for goes without TLS");
    find_key_logs();
    find_unused_credentials();
    find_unused_profiles();
    for (const auto& profile : policy_.profiles())
      look_at(profile);
    for (const auto& rule : policy_.rules())
      look_at(rule);
    review_order(policy_, remarks_);
    return std::move(remarks_);
  }

private:
  void warn(std::string_view where, std::string_view key, std::string_view text) {
    remarks_.push_back({Remark::Kind::Warning, fmt::format("{}: {}: {}", where, key, text)});
  }
  void warn(const ProfileSettings& profile, std::string_view key, std::string_view text) {
    warn(profile.where, fmt::format("profile.{}.{}", profile.name, key), text);
  }
  void warn(const Rule& rule, std::string_view key, std::string_view text) {
    warn(rule.where, fmt::format("rule.{}.{}", rule.name, key), text);
  }

  void find_key_logs() {
    bool any = false;
    for (const auto& profile : policy_.profiles()) {
      if (!profile.key_log_file)
        continue;
      any = true;
      warn(profile, "key_log_file",
           fmt::format("secrets are written to {}: whoever reads it can decrypt the sessions of "
                       "this profile",
                       profile.key_log_file->path));
    }
    if (policy_.agent().allow_key_logging && !any)
      warn(policy_.agent().where, "agent.allow_key_logging",
           "is true, and no profile has key_log_file: better leave it out");
  }

  void find_unused_credentials() {
    std::set<std::size_t> used;
    for (const auto& profile : policy_.profiles())
      used.insert(profile.credentials.begin(), profile.credentials.end());
    for (std::size_t i = 0; i < policy_.credentials().size(); ++i) {
      const auto& credential = policy_.credentials()[i];
      if (!used.contains(i))
        warn(credential.where, "credential." + credential.name, "no profile names it");
    }
  }

  void find_unused_profiles() {
    std::set<std::string_view> used;
    for (const auto& profile : policy_.profiles())
      used.insert(profile.inherits);
    for (const auto& rule : policy_.rules()) {
      if (rule.action == Action::Profile)
        used.insert(policy_.profiles()[rule.profile].name);
    }
    for (const auto& profile : policy_.profiles()) {
      if (!used.contains(profile.name))
        warn(profile.where, "profile." + profile.name, "no rule names it");
    }
  }

  void look_at(const ProfileSettings& profile) {
    if (profile.psk != PskKind::None)
      return;
    if (profile.tls12 && !profile.tls13)
      warn(profile, "versions", "has no TLS 1.3");
    if (profile.role == HandshakeRole::Client)
      look_at_client(profile);
    else if (profile.role == HandshakeRole::ServerWithClientAuth)
      look_at_server(profile);
    const ipc::Verification usual;
    if (profile.verification.min_rsa_bits < usual.min_rsa_bits)
      warn(profile, "min_peer_rsa_bits",
           fmt::format("{} bits can be broken", profile.verification.min_rsa_bits));
    if (profile.verification.min_ec_bits < usual.min_ec_bits)
      warn(profile, "min_peer_ec_bits",
           fmt::format("{} bits are fewer than today's curves have",
                       profile.verification.min_ec_bits));
    if (profile.verification.revocation == RevocationLevel::Low)
      warn(profile, "revocation_security_level",
           "is \"low\": without a current list, a revoked certificate is taken");
  }

  void look_at_client(const ProfileSettings& profile) {
    if (!profile.verification.pins.empty())
      return;
    if (profile.verification.proof == Proof::Nothing)
      warn(profile, "server_verification", "is \"none\": whoever answers is taken for the server");
    else if (profile.verification.proof == Proof::Chain)
      warn(profile, "server_verification",
           "is \"chain\": whoever has a certificate by the truststore is taken for the server");
  }

  void look_at_server(const ProfileSettings& profile) {
    if (profile.client_auth_type == ClientAuthType::PassThru)
      warn(profile, "client_auth_type",
           "is \"passthru\": certificates of clients are not validated");
    else if (profile.verification.pins.empty() &&
             std::ranges::find(profile.truststore, system_truststore, &LocatedPath::path) !=
                 profile.truststore.end())
      warn(profile, "truststore",
           "has \"system\": whoever has a certificate by a public authority is a client");
  }

  void look_at(const Rule& rule) {
    const auto& conditions = rule.conditions;
    if (!conditions.executable.empty())
      warn(rule, "executable",
           "without CAP_SYS_PTRACE the agent refuses it: it could not find it out");
    if (rule.action == Action::Clear && conditions.local_address.empty() &&
        conditions.remote_address.empty() && conditions.local_port.empty() &&
        conditions.remote_port.empty())
      warn(rule, "action", "is \"clear\", for all addresses and ports");
    if (rule.action == Action::Profile && !conditions.role.empty())
      look_at_role(rule, policy_.profiles()[rule.profile]);
  }

  void look_at_role(const Rule& rule, const ProfileSettings& profile) {
    const auto is = profile.role == HandshakeRole::Client ? AskedRole::Client : AskedRole::Server;
    if (rule.conditions.role.front() != exactly(is))
      warn(rule, "role",
           fmt::format("profile {} has the other role: each request is refused", profile.name));
  }

  const Policy& policy_;
  std::vector<Remark> remarks_;
};

} // namespace

std::vector<Remark> review(const Policy& policy) {
  return Review(policy).take();
}

} // namespace ktls::policy
