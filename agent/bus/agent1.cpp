// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent1.hpp"

#include <array>

namespace ktls::bus {
namespace {

constexpr std::string_view agent_error_prefix = "org.ktlsctl.Agent1.Error.";

constexpr std::array agent_refusals{
    AgentRefusal::NoSuchSession, AgentRefusal::NotASocket, AgentRefusal::InvalidFilter,
    AgentRefusal::NotPossible,   AgentRefusal::Busy,       AgentRefusal::MapperUnavailable,
};

} // namespace

std::string_view name_of(Action action) {
  switch (action) {
  case Action::Read:
    return "org.ktlsctl.agent1.read";
  case Action::Terminate:
    return "org.ktlsctl.agent1.terminate";
  case Action::Rekey:
    return "org.ktlsctl.agent1.rekey";
  case Action::Revalidate:
    return "org.ktlsctl.agent1.revalidate";
  case Action::Reload:
    return "org.ktlsctl.agent1.reload";
  case Action::Monitor:
    return "org.ktlsctl.agent1.monitor";
  case Action::SetLogLevel:
    return "org.ktlsctl.agent1.set-log-level";
  }
  return "org.ktlsctl.agent1.unknown";
}

std::string_view name_of(AgentRefusal refusal) {
  switch (refusal) {
  case AgentRefusal::NoSuchSession:
    return "NoSuchSession";
  case AgentRefusal::NotASocket:
    return "NotASocket";
  case AgentRefusal::InvalidFilter:
    return "InvalidFilter";
  case AgentRefusal::NotPossible:
    return "NotPossible";
  case AgentRefusal::Busy:
    return "Busy";
  case AgentRefusal::MapperUnavailable:
    return "MapperUnavailable";
  }
  return "NotPossible";
}

std::string error_name(AgentRefusal refusal) {
  return std::string(agent_error_prefix).append(name_of(refusal));
}

std::optional<AgentRefusal> agent_refusal_of(std::string_view error_name) {
  if (!error_name.starts_with(agent_error_prefix))
    return std::nullopt;
  error_name.remove_prefix(agent_error_prefix.size());
  for (const AgentRefusal refusal : agent_refusals) {
    if (error_name == name_of(refusal))
      return refusal;
  }
  return std::nullopt;
}

} // namespace ktls::bus
