// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/trouble.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.hpp"

namespace ktls::command {
namespace {

constexpr std::size_t max_told = 1024;

std::string refusal_words(bus::AgentRefusal refusal, const std::string& text) {
  switch (refusal) {
  case bus::AgentRefusal::NoSuchSession:
    return fmt::format("there is no such session ({}); \"ktlsctl sessions\" lists those there are",
                       text);
  case bus::AgentRefusal::NotASocket:
    return fmt::format("that descriptor is no TCP socket ({})", text);
  case bus::AgentRefusal::InvalidFilter:
    return fmt::format("ktlsd does not understand which sessions are meant ({}); is it of the same "
                       "version as ktlsctl?",
                       text);
  case bus::AgentRefusal::NotPossible:
    return fmt::format("it is not possible: {}", text);
  case bus::AgentRefusal::Busy:
    return fmt::format("ktlsd has too much to do ({}); try again", text);
  case bus::AgentRefusal::MapperUnavailable:
    return fmt::format("nobody can be asked whose a certificate is ({}); see systemctl status "
                       "ktls-mapd, and try again",
                       text);
  }
  return text;
}

bool is_absence(const std::string& name) {
  return name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
         name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
         name.starts_with("org.freedesktop.DBus.Error.Spawn.") ||
         name.starts_with("org.freedesktop.systemd1.");
}

std::string failure_words(const bus::Failure& failure, bus::Action action) {
  const std::string name = escape(failure.name, max_told);
  const std::string text = escape(failure.text, max_told);
  const auto is = [&](std::string_view error) {
    return name == std::string("org.freedesktop.DBus.Error.").append(error);
  };
  if (is("AccessDenied") || is("InteractiveAuthorizationRequired"))
    return fmt::format("uid {} may not do this: do it as root, or let polkit allow the action {}",
                       ::geteuid(), bus::name_of(action));
  if (is_absence(name))
    return fmt::format("ktlsd is not on the system bus ({}): start it with systemctl start ktlsd, "
                       "or see systemctl status ktlsd",
                       text);
  if (is("NoReply") || is("Timeout") || is("TimedOut"))
    return fmt::format("ktlsd gave no answer ({}); see journalctl -u ktlsd", text);
  if (is("InvalidArgs"))
    return fmt::format("ktlsd refused: {}", text);
  if (is("LimitsExceeded"))
    return refusal_words(bus::AgentRefusal::Busy, text);
  if (name == bus::garbage_name || is("UnknownMethod") || is("UnknownInterface") ||
      is("UnknownObject") || is("UnknownProperty"))
    return fmt::format("ktlsd does not know the question, or answers something else ({}); is it of "
                       "the same version as ktlsctl?",
                       text);
  return fmt::format("ktlsd refused: {} ({})", text, name);
}

} // namespace

Trouble trouble_of(const Error& error) {
  return {failed, error.message()};
}

Trouble trouble_of(const bus::Failure& failure, bus::Action action) {
  if (const auto refusal = bus::agent_refusal_of(failure.name))
    return trouble_of(bus::AgentRefused{*refusal, failure.text});
  return {failed, failure_words(failure, action), is_absence(failure.name)};
}

Trouble trouble_of(const bus::AgentRefused& refused) {
  return {refused.refusal == bus::AgentRefusal::NoSuchSession ? no_session : failed,
          refusal_words(refused.refusal, escape(refused.text, max_told))};
}

Trouble no_bus(const Error& error) {
  return {failed, error.message() + "; ktlsd is asked over it: see systemctl status dbus", true};
}

int finish(const Outcome<int>& outcome) {
  if (outcome)
    return *outcome;
  if (!outcome.error().text.empty())
    fmt::print(stderr, "ktlsctl: {}\n", outcome.error().text);
  return outcome.error().status;
}

} // namespace ktls::command
