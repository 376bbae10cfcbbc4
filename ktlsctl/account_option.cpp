// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/account_option.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "broker/accounts.hpp"

namespace ktls::command {

std::uint32_t
number_of(const std::string& option, const std::string& text,
          const std::function<std::optional<std::uint32_t>(const std::string&)>& find) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size())
    return number;
  const auto found = find(text);
  if (!found)
    throw CLI::ValidationError(
        option, fmt::format("there is no \"{}\" in this host's files; give the number", text));
  return *found;
}

uid_t agent_user(const std::string& given) {
  const auto accounts = local_accounts();
  return given.empty() ? accounts.uid("ktlsd").value_or(::geteuid())
                       : number_of("--user", given, accounts.uid);
}

} // namespace ktls::command
