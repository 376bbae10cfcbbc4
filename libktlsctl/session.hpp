// SPDX-License-Identifier: LGPL-2.1-or-later
// The object behind ktlsctl_session: the reply as it came, or as the library made it up.
#pragma once

#include "ktlsctl.h"
#include "wire.hpp"

struct ktlsctl_session {
  ktls::wire::StartReply reply;
};
