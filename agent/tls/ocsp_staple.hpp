// SPDX-License-Identifier: GPL-2.0-or-later
// What an OCSP response that a server sent with its certificate says about it (RFC 6960).
#pragma once

#include "tls/certificate_checks.hpp"
#include "tls/revocation.hpp"

namespace ktls::tls {

// A response is for `certificate`, which `issuer` has issued. It counts when `issuer` signed it, or
// a responder whom `issuer` gave a certificate for that, which keeps the rules.
// Default of a response that does not say when the next one comes: good for this long.
inline constexpr std::time_t staple_life = 15L * 24 * 60 * 60;

[[nodiscard]] RevocationFinding judge_staple(Bytes response, const ParsedCertificate& certificate,
                                             const Issuer& issuer, const Rules& rules);

} // namespace ktls::tls
