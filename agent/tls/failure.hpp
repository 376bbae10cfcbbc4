// SPDX-License-Identifier: GPL-2.0-or-later
// What an error of GnuTLS means to us, and to the peer.
#pragma once

#include <cstdint>
#include <optional>

#include "base/reason.hpp"

namespace ktls::tls {

struct FailureFacts {
  Reason reason;
  // RFC 8446, section 6; where the reason has none of its own. None: the peer has ended it.
  std::optional<std::uint8_t> alert;
};

// `error` is a negative GNUTLS_E_*.
[[nodiscard]] FailureFacts failure_facts(int error);

} // namespace ktls::tls
