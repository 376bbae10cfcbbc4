// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/terminate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <span>

#include "base/text.hpp"
#include "ktlsctl/session_filter.hpp"
#include "ktlsctl/session_list.hpp"
#include "ktlsctl/session_table.hpp"
#include "ktlsctl/terminal.hpp"

namespace ktls::command {
namespace {

struct Termination {
  std::vector<std::uint64_t> ids;
  bus::SessionFilter filter;
  bool all_matching = false;
  bool yes = false;
};

// What is wrong with it; empty: nothing.
std::string misuse(const Termination& what) {
  if (what.all_matching)
    return is_empty(what.filter) ? "--all-matching: say which, with at least one of the options"
                                 : "";
  if (!is_empty(what.filter))
    return "to end all sessions that are like this, say --all-matching as well";
  return what.ids.empty() ? "give the number of a session, or --all-matching" : "";
}

// Those that go on, and why.
Outcome<std::vector<bus::NotEnded>> end_sessions(Agent& agent, std::span<const std::uint64_t> ids) {
  std::vector<bus::NotEnded> failed;
  while (!ids.empty()) {
    const auto now = ids.first(std::min(ids.size(), bus::max_ids));
    const std::vector<std::uint64_t> batch(now.begin(), now.end());
    const auto some = TRY(
        agent.ask<std::vector<bus::NotEnded>>(bus::Action::Terminate, [&](auto& client, auto then) {
          client.terminate(batch, std::move(then));
        }));
    failed.insert(failed.end(), some.begin(), some.end());
    ids = ids.subspan(now.size());
  }
  return failed;
}

int tell_ended(std::size_t asked, const std::vector<bus::NotEnded>& going_on) {
  bool all_gone = true;
  for (const auto& session : going_on) {
    const auto trouble = trouble_of(session.why);
    all_gone = all_gone && trouble.status == no_session;
    fmt::print(stderr, "ktlsctl: session {}: {}\n", session.id, trouble.text);
  }
  fmt::print("{} ended.\n", counted(asked - std::min(asked, going_on.size()), "session"));
  if (going_on.empty())
    return success;
  return all_gone ? no_session : failed;
}

Outcome<int> end_named(Termination what) {
  std::ranges::sort(what.ids);
  what.ids.erase(std::unique(what.ids.begin(), what.ids.end()), what.ids.end());
  const auto agent = TRY(Agent::open());
  const auto going_on = TRY(end_sessions(*agent, what.ids));
  return tell_ended(what.ids.size(), going_on);
}

// Nobody there: no.
Outcome<bool> agreed(const std::vector<bus::SessionRow>& rows) {
  if (!somebody_is_there())
    return tl::make_unexpected(
        Trouble{misused, fmt::format("{} would be ended, and nobody can be asked whether to: with "
                                     "--yes it is done",
                                     counted(rows.size(), "session"))});
  const auto terminal = standard_output();
  fmt::print(stderr, "{}\nEnd {}? [y/N] ",
             session_table(rows, time_now(), terminal.width, Palette()),
             rows.size() == 1 ? "this session" : fmt::format("these {} sessions", rows.size()));
  std::string answer;
  std::getline(std::cin, answer);
  return lower_case(answer) == "y" || lower_case(answer) == "yes";
}

// Who has ended in the meantime has ended, as was asked for.
Outcome<int> end_matching(const Termination& what) {
  const auto agent = TRY(Agent::open());
  const auto rows = TRY(list_sessions(*agent, what.filter));
  if (rows.empty()) {
    fmt::print("No session matches.\n");
    return success;
  }
  if (!what.yes && !TRY(agreed(rows))) {
    fmt::print(stderr, "Nothing was ended.\n");
    return failed;
  }
  std::vector<std::uint64_t> ids(rows.size());
  std::ranges::transform(rows, ids.begin(), &bus::SessionRow::id);
  auto going_on = TRY(end_sessions(*agent, ids));
  std::erase_if(going_on, [](const bus::NotEnded& session) {
    return session.why.refusal == bus::AgentRefusal::NoSuchSession;
  });
  return tell_ended(ids.size(), going_on);
}

} // namespace

void add_terminate(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("terminate", "End connections: both ends see them break off");
  auto what = std::make_shared<Termination>();
  auto* ids =
      command->add_option("ID", what->ids, "Their numbers, as \"ktlsctl sessions\" has them")
          ->check(CLI::Validator(wrong_number, "", "number"));
  command->add_flag("--all-matching", what->all_matching, "Those that the options below say")
      ->excludes(ids);
  command->add_flag("--yes", what->yes, "With --all-matching: do not ask");
  add_filter_options(*command, what->filter);
  command->callback([what, &status] {
    if (const auto wrong = misuse(*what); !wrong.empty())
      throw CLI::ValidationError("terminate", wrong);
    status = finish(what->all_matching ? end_matching(*what) : end_named(*what));
  });
}

} // namespace ktls::command
