// SPDX-License-Identifier: GPL-2.0-or-later
// PeerIdentity: all that a certificate says about whose it is, read once, with limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "identity/name_text.hpp"
#include "tls/certificate.hpp"
#include "tls/der.hpp"

namespace ktls::identity {

inline constexpr std::size_t max_value_shown = 256; // of one of a certificate

// Something that only some mappings go by. Unexpected: it is there, and malformed; why. Of a list,
// one of it is, and nobody can tell what it was to say.
template<class T>
using Fact = tl::expected<T, std::string>;
using Texts = std::vector<std::string>;

// IBM's hostIdMappings: a user, and the host on which it is one.
struct HostId {
  std::string host;
  std::string user;
  bool operator==(const HostId&) const = default;
};

struct PeerIdentity {
  static constexpr std::size_t max_certificate = 64UL * 1024;
  static constexpr std::size_t max_alternative_names = 128;
  static constexpr std::size_t max_listed = 64; // purposes, policies, host identities

  // Of the peer's own certificate, whatever it was issued by: that is verified elsewhere.
  // Unexpected: why it is fit for nothing; without text of the peer's.
  static tl::expected<PeerIdentity, std::string> parse(tls::Bytes der);

  tls::Sha256 certificate_sha256{};
  tls::Sha256 spki_sha256{};
  std::string serial;  // small hexadecimal digits in pairs, without zeros before; "-" if negative
  std::string issuer;  // RFC 4514, the most specific first
  std::string subject; // likewise; may be empty
  std::vector<NameAttribute> subject_attributes; // in that order
  std::optional<std::uint16_t> key_usage;        // bit N: usage N of RFC 5280; absent: any
  Texts purposes;                                // dotted
  Fact<Texts> policies;                          // dotted

  // Subject alternative names, each as text.
  Texts emails;
  Texts dns_names;
  Texts uris;
  Texts addresses;
  Texts registered_ids;        // dotted
  Fact<Texts> directory_names; // RFC 4514
  Fact<Texts> upns;            // Microsoft's user principal names
  Fact<Texts> principals;      // RFC 4556, "alice@REALM"

  Fact<std::optional<std::string>> sid; // Microsoft's, "S-1-5-21-..."
  Fact<std::vector<HostId>> host_ids;
};

} // namespace ktls::identity
