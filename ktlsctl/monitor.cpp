// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/monitor.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "ktlsctl/agent.hpp"
#include "ktlsctl/event_report.hpp"

namespace ktls::command {
namespace {

class EventPrinter {
public:
  EventPrinter(bool json, const Palette& palette) : json_(json), palette_(palette) {}

  void print(const bus::AgentEvent& event) const {
    const auto now = time_now();
    put(json_ ? json_line(event_json(event, now)) : event_line(event, now, palette_));
  }
  // Only changes are told.
  void tell_presence(bool there) {
    if (std::exchange(there_, there) == there)
      return;
    const auto now = time_now();
    put(json_ ? json_line(presence_json(there, now)) : presence_line(there, now, palette_));
  }

private:
  static void put(const std::string& line) {
    fmt::print("{}", line);
    (void)std::fflush(stdout); // whoever reads it waits for it
  }

  bool json_;
  Palette palette_;
  bool there_ = true;
};

// Perhaps just now.
bool has_gone(const bus::Failure& failure) {
  return failure.name == bus::no_reply_name || trouble_of(failure, bus::Action::Monitor).absent;
}

// What the agent answers at first decides; later on it may come and go.
Outcome<int> follow_agent(bool json) {
  const auto agent = TRY(Agent::open());
  TRY(agent->end_on_signals());
  EventPrinter printer(json, standard_output().palette);
  std::optional<Trouble> trouble;
  bool first = true;
  const auto followed =
      agent->client().follow([&](const bus::AgentEvent& event) { printer.print(event); },
                             [&](const bus::Asked<bus::AgentClient::Done>& got) {
                               const bool decides =
                                   std::exchange(first, false) || (!got && !has_gone(got.error()));
                               if (!got && decides) {
                                 trouble = trouble_of(got.error(), bus::Action::Monitor);
                                 return agent->loop().exit(failed);
                               }
                               printer.tell_presence(got.has_value());
                             });
  if (!followed)
    return tl::make_unexpected(trouble_of(followed.error()));
  const auto ended = agent->loop().run();
  if (!ended)
    return tl::make_unexpected(trouble_of(ended.error()));
  if (*ended != success)
    return tl::make_unexpected(trouble.value_or(agent->end_of_loop()));
  return success;
}

} // namespace

void add_monitor(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "monitor", "Print what happens as it happens: sessions, and handshakes that fail; until ^C");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "For programs: one object on each line");
  command->callback([json, &status] { status = finish(follow_agent(*json)); });
}

} // namespace ktls::command
