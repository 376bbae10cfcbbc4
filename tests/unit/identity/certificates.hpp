// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates of people, made in the test.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "identity/identity_extensions.hpp"
#include "identity/peer_identity.hpp"
#include "policy/pin.hpp"
#include "tls/made_pki.hpp"

namespace ktls::identity::test {

namespace der = ktls::test::der;
using ktls::test::Authority;
using ktls::test::CertificateSpec;
using ktls::test::Key;
using namespace std::string_literals;

inline constexpr std::uint8_t utf8_tag = 0x0c, general_tag = 0x1b;
inline constexpr std::string_view cn = "\x55\x04\x03", o = "\x55\x04\x0a", ou = "\x55\x04\x0b",
                                  c = "\x55\x04\x06";

// One for all tests: making keys takes time.
inline const Authority& authority() {
  static const Authority one("Example CA");
  return one;
}
inline const Key& key() {
  static const Key one;
  return one;
}
inline tls::Sha256 hash_of(const std::string& bytes) {
  return tls::sha256(der::bytes(bytes)).value();
}
inline tls::Sha256 anchor_spki() {
  return hash_of(authority().key.spki());
}

// A Name, the least specific first: CN=alice,OU=Ops,O=Example
inline std::string name_of(std::string_view person) {
  return der::sequence(der::attribute(o, "Example") + der::attribute(ou, "Ops") +
                       der::attribute(cn, person));
}
inline const std::string alice = name_of("alice");

inline std::string other_name(std::string_view type, const std::string& value) {
  return der::constructed(0, der::oid(type) + der::constructed(0, value));
}
inline std::string upn(std::string_view text) {
  return other_name(identity_oid::upn, der::value(utf8_tag, text));
}
inline std::string kerberos_string(std::string_view text) {
  return der::value(general_tag, text);
}
inline std::string pkinit(std::string_view name, std::string_view realm) {
  const auto principal = der::sequence(der::constructed(0, der::number(1)) +
                                       der::constructed(1, der::sequence(kerberos_string(name))));
  return other_name(
      identity_oid::pkinit,
      der::sequence(der::constructed(0, kerberos_string(realm)) + der::constructed(1, principal)));
}
inline std::string uri(std::string_view text) {
  return der::context(6, text);
}
using ktls::test::extension::dns;
using ktls::test::extension::email;
using ktls::test::extension::names;

inline std::string sid_value(std::string_view sid) {
  return der::sequence(other_name(identity_oid::sid_object, der::octets(sid)));
}
inline std::string sid(std::string_view text) {
  return der::extension(identity_oid::sid, sid_value(text));
}
inline std::string host_id(std::string_view host, std::string_view user) {
  return der::sequence(der::context(1, host) + der::context(2, user));
}
inline std::string host_ids(const std::string& all) {
  return der::extension(identity_oid::host_id_mappings, der::set(all));
}
// 1.3.6.1.4.1.99.N
inline std::string policy(unsigned n) {
  const auto oid = "\x2b\x06\x01\x04\x01\x63"s + static_cast<char>(n);
  return der::extension(identity_oid::certificate_policies,
                        der::sequence(der::sequence(der::oid(oid))));
}

// A line of a file with pins.
inline std::string key_pin(std::string_view user) {
  return fmt::format("key {} {}\n", ktls::policy::pin_text(hash_of(key().spki())), user);
}

inline std::string certificate(const std::string& subject,
                               const std::vector<std::string>& extensions = {},
                               const std::string& serial = "\x07") {
  return authority().issue({.subject = subject, .extensions = extensions, .serial = serial}, key());
}
inline tl::expected<PeerIdentity, std::string> parse(const std::string& certificate) {
  return PeerIdentity::parse(der::bytes(certificate));
}
inline PeerIdentity read(const std::string& certificate) {
  auto peer = parse(certificate);
  if (!peer)
    throw std::runtime_error(peer.error());
  return *std::move(peer);
}
inline PeerIdentity person(const std::string& subject,
                           const std::vector<std::string>& extensions = {}) {
  return read(certificate(subject, extensions));
}

} // namespace ktls::identity::test
