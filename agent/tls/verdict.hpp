// SPDX-License-Identifier: GPL-2.0-or-later
// Verdict: what was found about a peer's certificate.
#pragma once

#include <ctime>
#include <string>

#include "base/reason.hpp"

namespace ktls::tls {

struct Verdict {
  Reason reason = Reason::InternalError; // Success: go on
  std::string detail;
  std::string subject;        // RFC 4514, escaped; empty without a certificate
  bool authenticated = false; // a certificate was presented and is valid
  // authenticated: the first date at which something that this rests on ceases to be good
  std::time_t expires = 0;
};

} // namespace ktls::tls
