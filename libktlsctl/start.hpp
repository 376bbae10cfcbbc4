// SPDX-License-Identifier: LGPL-2.1-or-later
// ktlsctl_start() with the kernel's answer as a parameter, so that tests need no kernel TLS.
#pragma once

#include "ktlsctl.h"

namespace ktls {

// As ktlsctl_start(); `is_secured` tells whether a socket has keys for both directions.
[[nodiscard]] int start(int fd, const ktlsctl_options* options, ktlsctl_session** session,
                        bool (*is_secured)(int fd)) noexcept;

} // namespace ktls
