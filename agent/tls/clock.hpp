// SPDX-License-Identifier: GPL-2.0-or-later
// The time of day that certificates are judged by, and that GnuTLS uses for all else.
#pragma once

#include <chrono>
#include <functional>

namespace ktls::tls {

using Clock = std::chrono::system_clock;

// For the whole process, which must not use GnuTLS in another thread meanwhile. GnuTLS asks for the
// time four times in each handshake. Without a function it is the system's again.
void set_clock(std::function<Clock::time_point()> clock);

[[nodiscard]] Clock::time_point now();

} // namespace ktls::tls
