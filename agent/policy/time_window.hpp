// SPDX-License-Identifier: GPL-2.0-or-later
// TimeWindow: when a rule is in effect (AT-TLS: IpTimeCondition). Pure.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ktls::policy {

// The wall clock of this host, in its time zone.
struct LocalTime {
  unsigned weekday = 0; // 0: Monday, 6: Sunday
  unsigned minute = 0;  // of the day, 0 to 1439
};

// On some days of the week, from one minute of the day to before another. One that ends before it
// begins goes on into the next day, and belongs to the day on which it began.
struct TimeWindow {
  std::bitset<7> days; // by weekday
  unsigned from = 0;   // minute of the day
  unsigned to = 1440;  // 1 to 1440

  [[nodiscard]] bool has(const LocalTime& time) const;
  bool operator==(const TimeWindow&) const = default;
};

// "mon-fri 08:00-18:00", "sat,sun", "22:00-06:00": days, or times, or both.
[[nodiscard]] std::optional<TimeWindow> parse_time_window(std::string_view text);
[[nodiscard]] std::string text_of(const TimeWindow& window);

} // namespace ktls::policy
