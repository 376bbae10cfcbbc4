// SPDX-License-Identifier: GPL-2.0-or-later
// verify_chain(): whether a certificate that was presented may be believed.
#pragma once

#include <ctime>
#include <optional>

#include "base/host_name.hpp"
#include "ipc/verification.hpp"
#include "tls/peer_limits.hpp"
#include "tls/trust_store.hpp"
#include "tls/verdict.hpp"

namespace ktls::tls {

enum class Judged { Server, Client };

struct ChainRequest {
  const PresentedChain& chain; // DER; the peer's own is the first, the others are in any order
  const TrustStore& trust;
  const ipc::Verification& verification;
  Judged judged = Judged::Server;
  std::optional<HostName> name{}; // for Proof::Name of a server
  std::time_t now = 0;
  std::optional<Bytes> staple{}; // of servers: an OCSP response, DER
  // Between the peer's certificate and an anchor, without self-issued ones.
  std::size_t max_intermediates = 10;
};

// What finding a chain may take, whatever was presented: certificates that all issued each other
// could be put together in more ways than anybody can try.
inline constexpr std::size_t max_signature_checks = 24;
inline constexpr std::size_t max_issuers_tried = 200;
inline constexpr std::size_t max_chain_length = 24;
inline constexpr std::size_t max_name_comparisons = 50'000;

// Needs no session, no clock and no file.
[[nodiscard]] Verdict verify_chain(const ChainRequest& request);

} // namespace ktls::tls
