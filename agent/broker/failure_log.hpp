// SPDX-License-Identifier: GPL-2.0-or-later
// FailureLog: one log line for each failure, but a flood of one kind does not fill the log.
#pragma once

#include <array>
#include <string>

#include "base/event_loop.hpp"
#include "base/line_limit.hpp"
#include "base/reason.hpp"

namespace ktls {

class FailureLog {
public:
  // `who`: whose failures, in the summaries. `loop` must outlive it.
  FailureLog(EventLoop& loop, std::string who) : loop_(loop), who_(std::move(who)) {}

  // Of each reason, LineLimit::most lines a second; then a line that says how many more there were.
  void write(Reason reason, const std::string& line);
  // For what is written elsewhere: whether one more may be. If not, it is counted.
  [[nodiscard]] bool allows(Reason reason);

private:
  void summarise();

  EventLoop& loop_;
  std::string who_;
  std::array<LineLimit, reason_count> limits_;
  EventSource summary_;
};

} // namespace ktls
