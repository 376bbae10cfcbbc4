// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/revalidate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "ktlsctl/agent.hpp"
#include "ktlsctl/agent_socket.hpp"
#include "ktlsctl/revalidation_report.hpp"
#include "ktlsctl/session_filter.hpp"

namespace ktls::command {
namespace {

// The mapper is asked for one session after the other.
constexpr std::chrono::minutes revalidation_patience{10};

struct Revalidation {
  std::optional<std::uint64_t> id; // none: all sessions
  bool over_socket = false;
};

int tell_revalidation(const RevalidationReport& report) {
  fmt::print("{}", report.outcome);
  fmt::print(stderr, "{}", report.problems);
  return report.problems.empty() ? success : failed;
}

Result<int> revalidate_over_socket(const std::string& path) {
  const Fd agent = TRY(ask_agent(path, wire::make<wire::RevalidateRequest>()));
  std::array<std::byte, 8192> room{};
  const auto message = TRY(receive_from_agent(agent, room));
  wire::RevalidateReply report{};
  wire::StartReply refusal{};
  if (wire::decode(message.data(), message.size(), report))
    return tell_revalidation(revalidation_report(
        {report.judged, report.revoked, report.ended, report.not_answered}, report.not_ended));
  if (wire::decode(message.data(), message.size(), refusal))
    return invalid(fmt::format("{}: {}", escape(refusal.reason.view()), who_may));
  return invalid("the agent gave no answer, or one of another version: see its log");
}

Outcome<int> revalidate_one(Agent& agent, std::uint64_t id) {
  const auto verdict =
      TRY(agent.ask<std::string>(bus::Action::Revalidate, [id](auto& client, auto then) {
        client.revalidate(id, std::move(then));
      }));
  return tell_revalidation(verdict_report(id, verdict));
}

Outcome<int> revalidate_all(Agent& agent) {
  const auto counts =
      TRY(agent.ask<bus::RevalidationCounts>(bus::Action::Revalidate, [](auto& client, auto then) {
        client.revalidate(revalidation_patience, std::move(then));
      }));
  return tell_revalidation(revalidation_report(counts, 0));
}

Outcome<int> revalidate_over_bus(const Revalidation& what) {
  const auto agent = TRY(Agent::open());
  return what.id ? revalidate_one(*agent, *what.id) : revalidate_all(*agent);
}

// The agent works without a bus, and then still has its socket for root.
Outcome<int> revalidate(const Revalidation& what, const std::string& path) {
  if (!what.over_socket) {
    auto done = revalidate_over_bus(what);
    if (done || !done.error().absent || what.id)
      return done;
  }
  const auto done = revalidate_over_socket(path);
  if (!done)
    return tl::make_unexpected(trouble_of(done.error()));
  return *done;
}

} // namespace

void add_revalidate(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "revalidate", "Have ktlsd ask once more whose the certificates of open sessions are");
  auto what = std::make_shared<Revalidation>();
  auto* id = command->add_option("ID", what->id, "Of this session alone")
                 ->check(CLI::Validator(wrong_number, "", "number"));
  const auto path = add_socket_option(*command);
  auto* socket = command->get_option("--socket")
                     ->description("The agent's socket, which is used where it is not on the bus, "
                                   "or is named")
                     ->excludes(id);
  command->callback([what, path, socket, &status] {
    what->over_socket = socket->count() > 0 || *path != wire::default_agent_socket;
    status = finish(revalidate(*what, *path));
  });
}

} // namespace ktls::command
