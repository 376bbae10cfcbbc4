// SPDX-License-Identifier: GPL-2.0-or-later
// Judging what a peer's certificates would cost, before any signature is checked with them. One
// certificate with a huge key and exponent would otherwise take more than half a second of CPU.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ipc/profile.hpp"

namespace ktls::tls {

// The certificates of a Certificate message in DER, which it holds; the peer's own is the first.
using PresentedChain = std::vector<std::span<const std::byte>>;

// `message`: a Certificate message (RFC 8446, section 4.4.2; RFC 5246, section 7.4.2) without its
// header of four bytes. Unexpected: which limit of length or number it breaks. Of a malformed one,
// which GnuTLS refuses, what came before the flaw.
[[nodiscard]] tl::expected<PresentedChain, std::string>
read_chain(std::span<const std::byte> message, bool tls13, const ipc::PeerLimits& limits);

// Empty when the certificates' keys keep the limits, or GnuTLS refuses to read them; else which
// limit is broken.
[[nodiscard]] std::string broken_key_limit(const PresentedChain& chain,
                                           const ipc::PeerLimits& limits);

} // namespace ktls::tls
