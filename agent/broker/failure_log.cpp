// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/failure_log.hpp"

#include "base/log.hpp"

namespace ktls {

void FailureLog::write(Reason reason, const std::string& line) {
  if (allows(reason))
    log::warning("{}", line);
}

bool FailureLog::allows(Reason reason) {
  const auto now = EventLoop::Clock::now();
  if (limits_.at(static_cast<std::size_t>(reason)).allows(now))
    return true;
  if (summary_)
    return false;
  auto timer = loop_.on_time(now + LineLimit::window, [this] { summarise(); });
  check(timer.has_value(), "a timer can be set");
  summary_ = std::move(*timer);
  return false;
}

void FailureLog::summarise() {
  summary_.reset();
  for (std::size_t i = 0; i < reason_count; ++i) {
    if (const std::size_t more = limits_.at(i).take_left_out(); more != 0)
      log::warning("{}: {} more with {}", who_, more, facts(static_cast<Reason>(i)).name);
  }
}

} // namespace ktls
