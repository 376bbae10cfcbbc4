// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/time_window.hpp"

namespace ktls::policy {

bool TimeWindow::has(const LocalTime& time) const {
  constexpr unsigned week = 7;
  if (from < to)
    return days[time.weekday] && time.minute >= from && time.minute < to;
  const unsigned yesterday = (time.weekday + week - 1) % week;
  return (days[time.weekday] && time.minute >= from) || (days[yesterday] && time.minute < to);
}

} // namespace ktls::policy
