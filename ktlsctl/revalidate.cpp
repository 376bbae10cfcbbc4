// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/revalidate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "ktlsctl/agent_socket.hpp"
#include "ktlsctl/status.hpp"

namespace ktls::command {
namespace {

int print_report(const wire::RevalidateReply& report) {
  fmt::print("{} of a known user, {} revoked", counted(report.judged, "session"), report.revoked);
  if (report.revoked > 0)
    fmt::print(", {} ended", report.ended);
  fmt::print(".\n");
  if (report.not_answered > 0)
    fmt::print(stderr, "{}: nobody could say whether the user may go on; see the agent's log\n",
               counted(report.not_answered, "session"));
  if (report.not_ended > 0)
    fmt::print(stderr, "{}: could not be ended; see the agent's log\n",
               counted(report.not_ended, "session"));
  return report.not_answered == 0 && report.not_ended == 0 ? success : failed;
}

Result<int> revalidate(const std::string& path) {
  const Fd agent = TRY(ask_agent(path, wire::make<wire::RevalidateRequest>()));
  std::array<std::byte, 8192> room{};
  const auto message = TRY(receive_from_agent(agent, room));
  wire::RevalidateReply report{};
  wire::StartReply refusal{};
  if (wire::decode(message.data(), message.size(), report))
    return print_report(report);
  if (wire::decode(message.data(), message.size(), refusal))
    return invalid(fmt::format("{}: {}", escape(refusal.reason.view()), who_may));
  return invalid("the agent gave no answer, or one of another version: see its log");
}

} // namespace

void add_revalidate(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "revalidate", "Have ktlsd ask once more whose the certificates of open sessions are");
  const auto socket = add_socket_option(*command);
  command->callback([socket, &status] {
    const auto done = revalidate(*socket);
    if (!done)
      fmt::print(stderr, "ktlsctl: {}\n", done.error().message());
    status = done ? *done : failed;
  });
}

} // namespace ktls::command
