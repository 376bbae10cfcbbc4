// SPDX-License-Identifier: GPL-2.0-or-later
// StepLog: a record for each step of the handshakes whose profile wants it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "base/journal.hpp"
#include "base/line_limit.hpp"
#include "ipc/handshake_step.hpp"

namespace ktls {

struct StepRecord {
  const std::string& description; // who asked, and between which addresses
  ipc::StepKind kind;
  std::chrono::microseconds since; // a worker was given it
  std::string text;                // escaped
  std::string rule;
  std::string profile;
  std::uint64_t handshake = 0; // the same number in all steps of one
};

// For people, on one line; and field by field, with the names of the journal.
[[nodiscard]] std::string line_of(const StepRecord& record);
[[nodiscard]] std::vector<journal::Field> fields_of(const StepRecord& record);

class StepLog {
public:
  // `loop` must outlive it. `write`: where to.
  StepLog(EventLoop& loop, journal::Writer write) : loop_(loop), write_(std::move(write)) {}

  // Whether the steps of one more handshake may be told: of LineLimit::most that begin in a
  // second. Of the others only their number is told.
  [[nodiscard]] bool allows();
  void write(const StepRecord& record) {
    write_(log::Level::Debug, line_of(record), fields_of(record));
  }

private:
  EventLoop& loop_;
  journal::Writer write_;
  LineLimit limit_;
  EventSource summary_;
};

} // namespace ktls
