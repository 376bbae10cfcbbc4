// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/agent_questions.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "ktlsctl/agent.hpp"
#include "ktlsctl/credential_report.hpp"
#include "ktlsctl/statistics_report.hpp"
#include "ktlsctl/status_report.hpp"

namespace ktls::command {
namespace {

Outcome<int> print_status(bool json) {
  const auto agent = TRY(Agent::open());
  const auto status = TRY(agent->ask<bus::AgentStatus>(
      bus::Action::Read, [](auto& client, auto then) { client.status(std::move(then)); }));
  fmt::print("{}", json ? json_text(status_json(status))
                        : status_report(status, time_now(), standard_output().palette));
  return success;
}

Outcome<int> print_statistics(bool json, bool all) {
  const auto agent = TRY(Agent::open());
  const auto samples = TRY(agent->ask<std::vector<bus::Sample>>(
      bus::Action::Read, [](auto& client, auto then) { client.statistics(std::move(then)); }));
  const auto terminal = standard_output();
  fmt::print("{}", json ? json_text(statistics_json(samples))
                        : statistics_table(samples, all, terminal.width, terminal.palette));
  return success;
}

Outcome<int> print_credentials(bool json) {
  const auto agent = TRY(Agent::open());
  const auto rows = TRY(agent->ask<std::vector<bus::CredentialRow>>(
      bus::Action::Read, [](auto& client, auto then) { client.credentials(std::move(then)); }));
  fmt::print("{}", json ? json_text(credentials_json(rows, time_now()))
                        : credential_report(rows, time_now(), standard_output().palette));
  return success;
}

constexpr const char* one_object = "For programs: one object";

} // namespace

void add_status(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("status", "Say how ktlsd is, and what it is able to do");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, one_object);
  command->callback([json, &status] { status = finish(print_status(*json)); });
}

void add_stats(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("stats", "Print the metrics of ktlsd");
  auto json = std::make_shared<bool>(false);
  auto all = std::make_shared<bool>(false);
  command->add_flag("--json", *json, one_object);
  command->add_flag("--all", *all, "With the buckets of histograms");
  command->callback([json, all, &status] { status = finish(print_statistics(*json, *all)); });
}

void add_credentials(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("credentials",
                                     "List the certificates in use, and until when they are valid");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, one_object);
  command->callback([json, &status] { status = finish(print_credentials(*json)); });
}

} // namespace ktls::command
