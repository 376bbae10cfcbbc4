// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_filter.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/ip_address.hpp"
#include "broker/accounts.hpp"
#include "ktlsctl/account_option.hpp"

namespace ktls::command {
namespace {

constexpr const char* filter_group = "Which sessions (all of these have to hold)";

void add_texts(CLI::App& command, bus::SessionFilter& filter) {
  const auto add = [&](const char* name, std::optional<std::string>& to, const char* what) {
    command.add_option(name, to, what)->group(filter_group);
  };
  add("--protocol", filter.protocol, "As the table has it: \"TLS 1.3\"");
  add("--cipher", filter.cipher, "As the table has it");
  add("--rule", filter.rule, "The rule of the policy that it came up by");
  add("--profile", filter.profile, "The profile that it came up with");
  add("--user", filter.user, "Whose the peer's certificate is");
  add("--unit", filter.unit, "The owner's unit of systemd: nginx.service");
  add("--peer", filter.peer, "Text in the subject of the peer's certificate");
}

void add_choices(CLI::App& command, bus::SessionFilter& filter) {
  command.add_option("--origin", filter.origin, "Who asked for it")
      ->check(CLI::IsMember({"kernel", "application", "foreign"}))
      ->group(filter_group);
  command.add_option("--role", filter.role, "What this host is in it")
      ->check(CLI::IsMember({"client", "server", "server-with-client-auth"}))
      ->group(filter_group);
  command.add_option("--state", filter.state, "recovered: there before the agent")
      ->check(CLI::IsMember({"open", "recovered"}))
      ->group(filter_group);
}

void add_ends(CLI::App& command, bus::SessionFilter& filter) {
  const CLI::Validator prefix(wrong_prefix, "ADDRESS[/LENGTH]", "prefix");
  command.add_option("--local", filter.local, "An address here, or a prefix")
      ->check(prefix)
      ->group(filter_group);
  command.add_option("--remote", filter.remote, "An address of the peer, or a prefix")
      ->check(prefix)
      ->group(filter_group);
  command.add_option("--local-port", filter.local_port, "Of this host")->group(filter_group);
  command.add_option("--remote-port", filter.remote_port, "Of the peer")->group(filter_group);
}

void add_owner(CLI::App& command, bus::SessionFilter& filter) {
  command
      .add_option_function<std::string>(
          "--uid",
          [&filter](const std::string& text) {
            filter.uid = number_of("--uid", text, local_accounts().uid);
          },
          "Whose process it belongs to, name or number")
      ->group(filter_group);
  command.add_option("--pid", filter.pid, "The process it belongs to")->group(filter_group);
  command
      .add_option("--below-generation", filter.below_generation,
                  "Came up with an older policy than this")
      ->check(CLI::Validator(wrong_number, "", "number"))
      ->group(filter_group);
}

} // namespace

void add_filter_options(CLI::App& command, bus::SessionFilter& filter) {
  add_choices(command, filter);
  add_ends(command, filter);
  add_texts(command, filter);
  add_owner(command, filter);
}

bool is_empty(const bus::SessionFilter& filter) {
  const auto none = [](const auto&... parts) { return !(parts.has_value() || ...); };
  return none(filter.origin, filter.role, filter.state, filter.protocol, filter.cipher, filter.rule,
              filter.profile, filter.user, filter.unit, filter.local, filter.remote,
              filter.local_port, filter.remote_port, filter.uid, filter.pid, filter.peer,
              filter.below_generation);
}

std::string wrong_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool octal = text.size() > 1 && text.front() == '0';
  if (error == std::errc() && end == text.data() + text.size() && !octal)
    return "";
  return fmt::format("\"{}\" is no number", text);
}

std::string wrong_prefix(const std::string& text) {
  const std::string_view all = text;
  const auto slash = all.find('/');
  const auto address = IpAddress::parse(all.substr(0, slash));
  if (!address)
    return fmt::format("\"{}\" is no IP address, and no prefix of one", text);
  if (slash == std::string_view::npos)
    return "";
  const auto digits = all.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length > address->bits())
    return fmt::format("\"{}\": the length of a prefix is a number from 0 to {} here", text,
                       address->bits());
  return "";
}

} // namespace ktls::command
