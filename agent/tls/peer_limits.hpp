// SPDX-License-Identifier: GPL-2.0-or-later
// Judging what a peer's certificates would cost, before any signature is checked with them. One
// certificate with a huge key and exponent would otherwise take more than half a second of CPU.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "ipc/profile.hpp"

namespace ktls::tls {

// `message`: a Certificate message (RFC 8446, section 4.4.2; RFC 5246, section 7.4.2) without its
// header of four bytes. Empty when it keeps the limits, or is malformed in a way that GnuTLS
// refuses; else which limit it breaks.
[[nodiscard]] std::string broken_limit(std::span<const std::byte> message, bool tls13,
                                       const ipc::PeerLimits& limits);

} // namespace ktls::tls
