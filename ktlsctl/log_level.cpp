// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/log_level.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/text.hpp"
#include "ktlsctl/agent.hpp"
#include "ktlsctl/log_level_report.hpp"

namespace ktls::command {
namespace {

struct LevelQuestion {
  std::string profile;
  std::string level;
  bool json = false;
};

Outcome<int> print_levels(bool json) {
  const auto agent = TRY(Agent::open());
  const auto rows = TRY(agent->ask<std::vector<bus::LogLevelRow>>(
      bus::Action::Read, [](auto& client, auto then) { client.log_levels(std::move(then)); }));
  const auto terminal = standard_output();
  fmt::print("{}", json ? json_text(log_levels_json(rows))
                        : log_level_table(rows, terminal.width, terminal.palette));
  return success;
}

Outcome<int> set_level(const LevelQuestion& what) {
  const auto agent = TRY(Agent::open());
  TRY(agent->ask<bus::AgentClient::Done>(bus::Action::SetLogLevel, [&](auto& client, auto then) {
    client.set_log_level(what.profile, what.level, std::move(then));
  }));
  fmt::print("Profile {} logs {}.\n", escape(what.profile),
             what.level == bus::default_log_level ? "as the policy says"
                                                  : "at level " + escape(what.level));
  return success;
}

} // namespace

void add_log_level(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("log-level", "Say, or change, how much is logged of a profile");
  auto what = std::make_shared<LevelQuestion>();
  auto* profile = command->add_option("PROFILE", what->profile, "A profile of the policy in force");
  auto* level = command->add_option("LEVEL", what->level,
                                    "error, warning, info or debug; default: as the policy says");
  profile->needs(level);
  level->needs(profile);
  command->add_flag("--json", what->json, "For programs: one object")->excludes(profile);
  command->callback([what, &status] {
    status = finish(what->profile.empty() ? print_levels(what->json) : set_level(*what));
  });
}

} // namespace ktls::command
