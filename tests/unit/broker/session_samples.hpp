// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions of which everything is known.
#pragma once

#include "base/ip_address.hpp"
#include "broker/fake_mapper.hpp"
#include "broker/session.hpp"

namespace ktls::test {

inline SessionTerms sample_terms() {
  SessionTerms terms;
  terms.origin = policy::Origin::Kernel;
  terms.role = ipc::HandshakeRole::ServerWithClientAuth;
  terms.consumer = "kernel";
  terms.network_namespace = "/run/netns/a";
  terms.rule = "web";
  terms.profile = "staff";
  terms.generation = 3;
  terms.when_revoked = policy::RevokedSessions::End;
  terms.protocol = "TLS 1.3";
  terms.cipher = "TLS_AES_128_GCM_SHA256";
  terms.group = "x25519";
  terms.signature = "ed25519";
  terms.server_name = "a.example.org";
  terms.alpn = "h2";
  terms.resumed = true;
  terms.authenticated = true;
  terms.key_logged = true;
  terms.uid = 1000;
  terms.unit = "web.service";
  return terms;
}

inline Peer sample_peer() {
  return {"CN=alice", "CN=ca", {{std::byte{1}, std::byte{0}}, {std::byte{2}}}};
}

inline Session sample_session(std::uint64_t cookie) {
  Session session;
  session.cookie = cookie;
  session.network_namespace = 7;
  session.inode = 12;
  session.addresses.local = IpAddress::parse("192.0.2.1")->with_port(443);
  session.addresses.remote = IpAddress::parse("2001:db8::7")->with_port(50000);
  session.terms = std::make_shared<const SessionTerms>(sample_terms());
  session.peer = std::make_shared<const Peer>(sample_peer());
  session.user = std::make_shared<const MappedUser>(alice());
  session.anchor_spki = {1, 2, 3};
  session.psk_identity = "nobody";
  session.pid = 17;
  session.began = std::chrono::system_clock::time_point(std::chrono::microseconds(5'000'007));
  return session;
}

} // namespace ktls::test
