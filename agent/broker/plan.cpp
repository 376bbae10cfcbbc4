// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/plan.hpp"

#include <fmt/format.h>

#include "base/host_name.hpp"

namespace ktls {
namespace {

using policy::Action;
using policy::PskKind;

Outcome refusal(const policy::Decision& decision, Reason reason, const std::string& detail = {}) {
  Outcome outcome = failure(reason, detail);
  if (decision.rule != nullptr)
    outcome.rule = decision.rule->name;
  if (decision.profile != nullptr)
    outcome.profile = decision.profile->name;
  return outcome;
}

// Success: what the policy says is what was asked for.
Outcome compare(const policy::Decision& decision, const Question& question) {
  const auto& profile = *decision.profile;
  const bool client = profile.role == ipc::HandshakeRole::Client;
  if (question.role != RequestedRole::ByPolicy &&
      (question.role == RequestedRole::Client) != client)
    return refusal(decision, Reason::PolicyMismatch,
                   client ? "the profile's handshake_role is \"client\", and the server role was "
                            "asked for"
                          : "the profile's handshake_role is that of a server, and the client role "
                            "was asked for");
  if (question.psk != (profile.psk == PskKind::Keyring))
    return refusal(decision, Reason::PolicyMismatch,
                   question.psk
                       ? "a pre-shared key of a keyring was asked for, and the profile does "
                         "not have psk = \"keyring\""
                       : "the profile has psk = \"keyring\", which is for services in the "
                         "kernel that ask for it");
  const bool application = question.facts.origin != policy::Origin::Kernel;
  if (application && !profile.may_be_used_by(question.facts))
    return refusal(decision, Reason::NotPermitted);
  return refusal(decision, Reason::Success);
}

// Success: a client has the name that it needs. A profile's own name counts where none is asked
// for.
Outcome name_server(const policy::Decision& decision, const Question& question,
                    std::string& peer_name) {
  const auto& profile = *decision.profile;
  if (profile.role != ipc::HandshakeRole::Client)
    return refusal(decision, Reason::Success);
  peer_name = question.peer_name.empty() ? profile.server_name : question.peer_name;
  // with a pre-shared key there is no certificate that could name another
  const bool needed =
      profile.psk == PskKind::None && profile.verification.proof == ipc::Proof::Name;
  if (needed && peer_name.empty())
    return refusal(decision, Reason::PeerNameMissing);
  if (!HostName::parse(peer_name)) {
    if (needed)
      return refusal(decision, Reason::PeerNameInvalid);
    peer_name.clear();
  }
  return refusal(decision, Reason::Success);
}

} // namespace

tl::expected<Plan, Outcome> plan_for(std::shared_ptr<const Generation> generation,
                                     const policy::Decision& decision, const Question& question) {
  switch (decision.action) {
  case Action::Deny:
    return tl::make_unexpected(
        refusal(decision, decision.rule == nullptr ? Reason::NoPolicy : Reason::PolicyDenied));
  case Action::Clear:
    return tl::make_unexpected(refusal(decision, Reason::PolicyClear));
  case Action::Profile:
    break;
  }
  if (auto compared = compare(decision, question); compared.reason != Reason::Success)
    return tl::make_unexpected(std::move(compared));
  Plan plan;
  if (auto named = name_server(decision, question, plan.peer_name); named.reason != Reason::Success)
    return tl::make_unexpected(std::move(named));
  plan.rule = decision.rule;
  plan.profile = decision.profile;
  const auto position = decision.profile - generation->policy.profiles().data();
  plan.served = &generation->profiles.at(static_cast<std::size_t>(position));
  const bool kernel = question.facts.origin == policy::Origin::Kernel;
  const auto index = kernel ? plan.served->for_kernel : plan.served->for_applications;
  if (!index)
    return tl::make_unexpected(
        refusal(decision, Reason::PolicyMismatch,
                "services in the kernel need certificates and TLS 1.3, which "
                "the profile does not have"));
  plan.index = *index;
  plan.generation = std::move(generation);
  return plan;
}

} // namespace ktls
