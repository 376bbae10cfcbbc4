// SPDX-License-Identifier: GPL-2.0-or-later
// The rules that one certificate must keep in the place that it has in a chain, apart from its
// signature (RFC 5280, section 6.1).
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "base/reason.hpp"
#include "tls/signature.hpp"

namespace ktls::tls {

struct Rules {
  std::time_t now = 0;
  std::string_view purpose; // key_purpose
  std::uint32_t min_rsa_bits = 2048;
  std::uint32_t min_ec_bits = 256;
};

// `what`: what is wrong, to be put behind whose it is.
struct Flaw {
  Reason reason = Reason::CertificateInvalid;
  std::string what;
};
using Judgement = std::optional<Flaw>; // none: sound

// Of any certificate in a chain. An anchor may be of an older version: it is believed because it is
// in the store.
[[nodiscard]] Judgement judge_itself(const ParsedCertificate& certificate, bool anchor,
                                     const Rules& rules);
[[nodiscard]] Judgement judge_key(const PublicKey& key, const Rules& rules);
// The peer's own. Authorities do not handshake, unless the peer's certificate is an anchor itself.
[[nodiscard]] Judgement judge_leaf(const ParsedCertificate& leaf, bool anchor, const Rules& rules);
// One that has issued another. `authorities_below`: between it and the leaf, without self-issued
// ones.
[[nodiscard]] Judgement judge_issuer(const ParsedCertificate& issuer, bool anchor,
                                     std::size_t authorities_below, const Rules& rules);

} // namespace ktls::tls
