// SPDX-License-Identifier: GPL-2.0-or-later
// Verdict: what was found about a peer's certificate.
#pragma once

#include <ctime>
#include <string>

#include "base/reason.hpp"
#include "ipc/verification.hpp"

namespace ktls::tls {

struct Verdict {
  Reason reason = Reason::InternalError; // Success: go on
  std::string detail;
  std::string subject;        // RFC 4514, escaped; empty without a certificate
  std::string issuer;         // likewise
  bool authenticated = false; // a certificate was presented and is valid
  // authenticated: the first date at which something that this rests on ceases to be good
  std::time_t expires = 0;
  // authenticated, by a certificate: the key of the trust anchor at which its chain ends
  ipc::SpkiHash anchor_spki{};
};

} // namespace ktls::tls
