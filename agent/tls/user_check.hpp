// SPDX-License-Identifier: GPL-2.0-or-later
// UserCheck: whose a certificate is, somebody else knows.
#pragma once

#include "base/reason.hpp"
#include "ipc/verification.hpp"
#include "tls/peer_limits.hpp"

namespace ktls::tls {

class UserCheck {
public:
  virtual ~UserCheck() = default;
  // Of a client that has proved to hold the key of the first certificate of `chain`, which is
  // valid up to an anchor with the key `anchor`. Success: go on. Blocks, but never for longer than
  // the implementation's limit.
  virtual Reason judge(const PresentedChain& chain, const ipc::SpkiHash& anchor) = 0;
};

} // namespace ktls::tls
