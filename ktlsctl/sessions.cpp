// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/sessions.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/text.hpp"
#include "ktlsctl/session_filter.hpp"
#include "ktlsctl/session_json.hpp"
#include "ktlsctl/session_list.hpp"
#include "ktlsctl/session_table.hpp"
#include "ktlsctl/watch_page.hpp"

namespace ktls::command {
namespace {

struct SessionsQuestion {
  bus::SessionFilter filter;
  bool json = false;
  bool ids = false;
  bool watch = false;
  double every_seconds = 2;
};

std::string sessions_text(const SessionsQuestion& what, const std::vector<bus::SessionRow>& rows,
                          const Terminal& terminal) {
  if (what.json)
    return json_text(sessions_json(rows));
  std::string out;
  if (what.ids) {
    for (const auto& row : rows)
      out += fmt::format("{}\n", row.id);
    return out;
  }
  if (rows.empty())
    return is_empty(what.filter) ? "There are no sessions.\n" : "No session matches.\n";
  return session_table(rows, time_now(), terminal.width, terminal.palette);
}

Outcome<int> print_sessions(const SessionsQuestion& what) {
  const auto agent = TRY(Agent::open());
  const auto rows = TRY(list_sessions(*agent, what.filter));
  fmt::print("{}", sessions_text(what, rows, standard_output()));
  return success;
}

// The agent may be restarted meanwhile: only what fails at first ends it.
Outcome<int> watch_sessions(const SessionsQuestion& what) {
  const auto agent = TRY(Agent::open());
  TRY(agent->end_on_signals());
  const std::chrono::milliseconds interval(static_cast<std::int64_t>(what.every_seconds * 1000));
  for (bool first = true;; first = false) {
    const auto rows = list_sessions(*agent, what.filter);
    if (!rows && (first || rows.error().text.empty()))
      return tl::make_unexpected(rows.error());
    const auto terminal = standard_output(); // its size may change
    const auto body = rows ? sessions_text(what, *rows, terminal) : rows.error().text + "\n";
    const auto head = fmt::format("{}  every {:g} s: {}", clock_text(time_now()),
                                  what.every_seconds, counted(rows ? rows->size() : 0, "session"));
    fmt::print("{}", watch_page(head, body, terminal));
    (void)std::fflush(stdout);
    if (!TRY(agent->wait(interval)))
      return success;
  }
}

} // namespace

void add_sessions(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("sessions", "List the open sessions");
  auto what = std::make_shared<SessionsQuestion>();
  add_filter_options(*command, what->filter);
  auto* json = command->add_flag("--json", what->json, "For programs: one object");
  auto* ids = command->add_flag("--ids", what->ids, "Their numbers alone, one on each line");
  auto* watch = command
                    ->add_option("--watch", what->every_seconds,
                                 "Again and again, every so many seconds, until ^C; 2 without a "
                                 "number")
                    ->expected(0, 1)
                    ->default_str("2")
                    ->check(CLI::Range(0.1, 86400.0));
  json->excludes(ids)->excludes(watch);
  ids->excludes(watch);
  command->callback([what, watch, &status] {
    what->watch = watch->count() > 0;
    status = finish(what->watch ? watch_sessions(*what) : print_sessions(*what));
  });
}

} // namespace ktls::command
