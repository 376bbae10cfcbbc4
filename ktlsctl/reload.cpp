// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/reload.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "ktlsctl/agent_socket.hpp"
#include "ktlsctl/status.hpp"
#include "wire.hpp"

namespace ktls::command {
namespace {

// Waits for the end of the reload, however long it takes: who has had enough presses ^C.
Result<int> reload(const std::string& path) {
  const Fd agent = TRY(ask_agent(path, wire::make<wire::ReloadRequest>()));
  std::array<std::byte, 8192> room{};
  std::size_t told = 0;
  for (;;) {
    const auto message = TRY(receive_from_agent(agent, room));
    wire::ReloadProblem problem{};
    wire::ReloadReply reply{};
    wire::StartReply refusal{};
    if (wire::decode(message.data(), message.size(), problem)) {
      fmt::print(stderr, "{}\n", escape(problem.text.view()));
      ++told;
    } else if (wire::decode(message.data(), message.size(), reply)) {
      if (reply.problems > told)
        fmt::print(stderr, "{}: see the agent's log\n",
                   counted(reply.problems - told, "more problem"));
      if (reply.problems > 0) {
        fmt::print(stderr, "Not taken up: policy {} stays in force.\n", reply.generation);
        return failed;
      }
      fmt::print("Policy {} is in force.\n", reply.generation);
      return success;
    } else if (wire::decode(message.data(), message.size(), refusal)) {
      return invalid(fmt::format("{}: {}", escape(refusal.reason.view()), who_may));
    } else {
      return invalid("the agent gave no answer, or one of another version: see its log");
    }
  }
}

} // namespace

void add_reload(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("reload", "Have ktlsd take up its configuration anew");
  const auto socket = add_socket_option(*command);
  command->callback([socket, &status] {
    const auto done = reload(*socket);
    if (!done)
      fmt::print(stderr, "ktlsctl: {}\n", done.error().message());
    status = done ? *done : failed;
  });
}

} // namespace ktls::command
