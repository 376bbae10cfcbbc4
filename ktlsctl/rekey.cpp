// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/rekey.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "ktlsctl/agent.hpp"
#include "ktlsctl/session_filter.hpp"

namespace ktls::command {
namespace {

Outcome<int> rekey_session(std::uint64_t id) {
  const auto agent = TRY(Agent::open());
  TRY(agent->ask<bus::AgentClient::Done>(
      bus::Action::Rekey, [id](auto& client, auto then) { client.rekey(id, std::move(then)); }));
  fmt::print("Session {} has new keys.\n", id);
  return success;
}

} // namespace

void add_rekey(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("rekey", "Have a session of TLS 1.3 go on with new keys");
  auto id = std::make_shared<std::uint64_t>(0);
  command->add_option("ID", *id, "Its number, as \"ktlsctl sessions\" has it")
      ->check(CLI::Validator(wrong_number, "", "number"))
      ->required();
  command->callback([id, &status] { status = finish(rekey_session(*id)); });
}

} // namespace ktls::command
