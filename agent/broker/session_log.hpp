// SPDX-License-Identifier: GPL-2.0-or-later
// SessionLog: a record for the end of each session.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/journal.hpp"
#include "broker/session.hpp"
#include "policy/policy.hpp"

namespace ktls {

struct EndedSession {
  const Session& session;
  SessionEnd how = SessionEnd::Closed;
  std::chrono::system_clock::time_point at;
};

// From which level on it is told: one that was ended for its user's sake is a refusal, and one
// whose keys were logged is told anyway.
[[nodiscard]] policy::LogLevel level_of(const EndedSession& ended);

// For people, on one line; and field by field, with the names of the journal.
[[nodiscard]] std::string line_of(const EndedSession& ended);
[[nodiscard]] std::vector<journal::Field> fields_of(const EndedSession& ended);

} // namespace ktls
