// SPDX-License-Identifier: GPL-2.0-or-later
// Anchor: what an authority is trusted with beyond its certificates being valid. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/peer_identity.hpp"

namespace ktls::identity {

// [anchor.NAME]
struct Anchor {
  std::string name;
  std::optional<tls::Sha256> spki; // none only while it is read
  bool high_trust = false;         // who it says somebody is, counts: extensions
  bool names_trusted = false;      // it gives a name to one person only, for ever
  Texts policies;                  // dotted; names are trusted only with one of these. None: any
  Texts upn_suffixes;              // small letters; other principals are not seen. None: any
  Texts spiffe_trust_domains;      // likewise; for SPIFFE one is needed
  std::string where;

  // Unexpected: that cannot be told.
  [[nodiscard]] Fact<bool> vouches_for_names_of(const PeerIdentity& peer) const;
  // Without the names that it does not speak for.
  [[nodiscard]] PeerIdentity seen(const PeerIdentity& peer) const;
};

// "spiffe://example.org/web", as the SPIFFE-ID specification, section 2, has it.
struct SpiffeId {
  std::string trust_domain;
  std::string text;
};
[[nodiscard]] bool is_spiffe(std::string_view uri); // perhaps malformed
[[nodiscard]] std::optional<SpiffeId> parse_spiffe_id(std::string_view uri);
[[nodiscard]] bool is_trust_domain(std::string_view text);

} // namespace ktls::identity
