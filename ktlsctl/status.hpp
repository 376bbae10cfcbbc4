// SPDX-License-Identifier: GPL-2.0-or-later
// Exit statuses of ktlsctl.
#pragma once

namespace ktls::command {

inline constexpr int success = 0;
inline constexpr int failed = 1;     // what was asked for is not so, or could not be done
inline constexpr int misused = 2;    // a mistake on the command line
inline constexpr int no_session = 3; // the session that was named is not there

} // namespace ktls::command
