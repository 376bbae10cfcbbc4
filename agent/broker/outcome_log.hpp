// SPDX-License-Identifier: GPL-2.0-or-later
// OutcomeLog: a record for the end of each handshake.
#pragma once

#include <string>
#include <vector>

#include "base/journal.hpp"
#include "broker/failure_log.hpp"
#include "broker/handshake_report.hpp"

namespace ktls {

// For people, on one line; and field by field, with the names of the journal.
[[nodiscard]] std::string line_of(const HandshakeReport& report);
[[nodiscard]] std::vector<journal::Field> fields_of(const HandshakeReport& report);

class OutcomeLog {
public:
  // `loop` must outlive it. `write`: where to.
  OutcomeLog(EventLoop& loop, journal::Writer write)
      : failures_(loop, "handshakes"), write_(std::move(write)) {}

  // Failures as FailureLog has it, at each level; what is secured from Info on,
  // or where its keys are logged.
  void write(const HandshakeReport& report);

private:
  FailureLog failures_;
  journal::Writer write_;
};

} // namespace ktls
