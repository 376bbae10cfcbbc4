// SPDX-License-Identifier: GPL-2.0-or-later
// Times and durations as text. Times are microseconds of CLOCK_REALTIME, as the agent tells them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ktls::command {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// For who prints; all else is given the time.
[[nodiscard]] WallTime time_now();
// Of what the agent tells, which is 64 bits without a sign for the most.
[[nodiscard]] WallTime wall_time(std::int64_t us);
[[nodiscard]] WallTime wall_time(std::uint64_t us);

// In this host's time zone: "2026-11-27 14:03:22", "14:03:22".
[[nodiscard]] std::string date_text(WallTime time);
[[nodiscard]] std::string clock_text(WallTime time);
// RFC 3339, in UTC: "2026-11-27T13:03:22Z".
[[nodiscard]] std::string utc_text(WallTime time);

// "45 s", "12 min", "2 h 5 min", "3 d 4 h"; what is less than nothing is "0 s".
[[nodiscard]] std::string duration_text(std::chrono::microseconds duration);
// "45s", "12m", "2h05m", "3d04h"
[[nodiscard]] std::string short_duration_text(std::chrono::microseconds duration);

// Whole days; less than none when it is over.
[[nodiscard]] std::int64_t days_left(WallTime end, WallTime now);
// "35 days left", "expires within a day", "expired 3 days ago".
[[nodiscard]] std::string expiry_text(WallTime end, WallTime now);

} // namespace ktls::command
