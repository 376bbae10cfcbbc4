// SPDX-License-Identifier: LGPL-2.1-or-later
// The object behind ktlsctl_session: the reply as it came, or as the library made it up.
#pragma once

#include "ktlsctl.h"
#include "wire.hpp"

// From malloc(): the library has no C++ runtime.
struct ktlsctl_session {
  ktls::wire::StartReply reply;
  ktls::wire::PeerCertificate* certificates; // from malloc(); of reply.certificates
};
