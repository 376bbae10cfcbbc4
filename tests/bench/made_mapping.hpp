// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates and mappings for benchmarks.
#pragma once

#include <fmt/format.h>

#include "identity/context.hpp"
#include "identity/peer_identity.hpp"
#include "policy/pin.hpp"
#include "tls/made_pki.hpp"

namespace ktls::bench {

// Of certificates, keys and serial numbers, by turns.
inline std::string pins(unsigned count) {
  constexpr unsigned users = 5000;
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    const auto hash = fmt::format("{:064x}", (i + 1) * 0x9e3779b97f4a7c15ULL);
    if (i % 3 == 2)
      text +=
          fmt::format("issued {} {:x} \"CN=Example CA,O=Example\" user{}\n", hash, i, i % users);
    else
      text += fmt::format("{} {} user{}\n", i % 3 == 0 ? "cert" : "key", hash, i % users);
  }
  return text;
}

struct MadePeer {
  test::Authority authority{"Example CA"};
  test::Key key;
  std::string certificate = authority.issue(
      {.subject = test::der::sequence(test::der::attribute("\x55\x04\x0a", "Example") +
                                      test::der::attribute("\x55\x04\x0b", "Ops") +
                                      test::der::common_name("alice")),
       .extensions = {test::extension::names(test::extension::email("alice@ex.org"))}},
      key);
  identity::PeerIdentity peer =
      identity::PeerIdentity::parse(test::der::bytes(certificate)).value();

  [[nodiscard]] identity::Context context() const {
    identity::Context out;
    out.anchor_spki = tls::sha256(test::der::bytes(authority.key.spki())).value();
    return out;
  }
};
// Below the anchor, each for another unit, and one that is for the certificate.
inline std::string filters(int count, const tls::Sha256& anchor, const std::string& user) {
  std::string text = fmt::format("[anchor.ca]\nspki_sha256 = \"{}\"\n", policy::pin_text(anchor));
  for (int i = 0; i < count; ++i)
    text += fmt::format("[[filter]]\nname = \"f{0}\"\nanchor = \"ca\"\nuser = \"u{0}\"\n"
                        "match = '<SUBJECT>CN=[a-z]+,OU={0},O=Example<EKU>clientAuth'\n",
                        i);
  return text + "[[filter]]\nname = \"ops\"\nanchor = \"ca\"\n" + user +
         "match = '<SUBJECT>CN=[a-z]+,OU=(Ops|Dev),O=Example'\n";
}

} // namespace ktls::bench
