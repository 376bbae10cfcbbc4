// SPDX-License-Identifier: GPL-2.0-or-later
// A person in a certificate that has everything, and what must hold of what is said of people.
#pragma once

#include "fuzz.hpp"
#include "identity/answer.hpp"
#include "identity/peer_identity.hpp"

namespace ktls::fuzz {

inline identity::PeerIdentity some_person() {
  identity::PeerIdentity peer;
  peer.serial = "07";
  peer.issuer = "CN=Example CA,O=Example";
  peer.subject = "CN=alice,OU=Ops,O=Example";
  peer.subject_attributes = {{"CN", "alice"}, {"OU", "Ops"}, {"O", "Example"}};
  peer.key_usage = std::uint16_t{1};
  peer.purposes = {"1.3.6.1.5.5.7.3.2"};
  peer.policies = identity::Texts{"1.3.6.1.4.1.99.1"};
  peer.emails = {"alice@example.org"};
  peer.dns_names = {"a.example.org"};
  peer.uris = {"spiffe://example.org/web"};
  peer.addresses = {"192.0.2.1"};
  peer.registered_ids = {"1.2.3"};
  peer.directory_names = identity::Texts{"CN=alice,O=Example"};
  peer.upns = identity::Texts{"alice@corp.example"};
  peer.principals = identity::Texts{"alice@CORP.EXAMPLE"};
  peer.sid = std::string("S-1-5-21-1-2-3-1001");
  peer.host_ids = std::vector<identity::HostId>{{"host", "alice"}};
  return peer;
}

inline void must_be_fit_to_be_shown(const identity::Answer& answer) {
  for (const auto& step : answer.steps) {
    for (const auto* text : {&step.source, &step.user, &step.why, &step.entry, &step.attribute})
      must_be_clean(*text);
    must((step.result == identity::StepResult::Match) == !step.user.empty(),
         "who matches is somebody", step.why);
  }
}

} // namespace ktls::fuzz
