// SPDX-License-Identifier: GPL-2.0-or-later
// OutcomeLog: a line for the end of each handshake.
#pragma once

#include <string>

#include "broker/failure_log.hpp"
#include "broker/handshake_request.hpp"

namespace ktls {

class OutcomeLog {
public:
  explicit OutcomeLog(EventLoop& loop) : failures_(loop, "handshakes") {}

  // `description`: who asked, and between which addresses.
  void write(const std::string& description, const Outcome& outcome);

private:
  FailureLog failures_;
};

} // namespace ktls
