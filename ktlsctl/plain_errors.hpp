// SPDX-License-Identifier: GPL-2.0-or-later
// PlainErrors: what helpers write to standard error, for people to read. Each line has a priority
// for the journal in front, which nobody else knows what to do with.
#pragma once

#include "base/fd.hpp"

namespace ktls::command {

class PlainErrors {
public:
  // From here on standard error, also of the processes that are started, is kept in memory; but not
  // where the journal reads it.
  PlainErrors();
  // Prints what was kept, without the priorities.
  ~PlainErrors();
  PlainErrors(const PlainErrors&) = delete;
  PlainErrors& operator=(const PlainErrors&) = delete;

private:
  Fd standard_error_; // none: it is as it was
  Fd kept_;
};

} // namespace ktls::command
