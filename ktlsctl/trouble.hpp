// SPDX-License-Identifier: GPL-2.0-or-later
// Trouble: why a command ends without what was asked of it.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "base/result.hpp"
#include "bus/agent1.hpp"
#include "bus/connection.hpp"
#include "ktlsctl/status.hpp"

namespace ktls::command {

struct Trouble {
  int status = failed;
  std::string text;    // for people: what is wrong, and what to do about it
  bool absent = false; // there is no agent on a bus
};
template<class T>
using Outcome = tl::expected<T, Trouble>;

[[nodiscard]] Trouble trouble_of(const Error& error);
// `action`: what the agent was asked for.
[[nodiscard]] Trouble trouble_of(const bus::Failure& failure, bus::Action action);
[[nodiscard]] Trouble trouble_of(const bus::AgentRefused& refused);
// There is no bus to ask it over.
[[nodiscard]] Trouble no_bus(const Error& error);

// Prints what the trouble is. The status to exit with.
[[nodiscard]] int finish(const Outcome<int>& outcome);

} // namespace ktls::command

namespace ktls {

// For TRY().
template<class T>
T value_of(command::Outcome<T>&& outcome) {
  return *std::move(outcome);
}

} // namespace ktls
