// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/reloader.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

// sd_notify(3): the time lets the service manager tell this from an earlier one.
void tell_that_it_reloads() {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  (void)::sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()).c_str());
}

// What is fixed when the agent starts.
void warn_of_what_needs_a_restart(const policy::AgentSettings& after,
                                  const policy::AgentSettings& before) {
  if (after.socket != before.socket)
    log::warning("agent.socket has changed: this is taken up by a restart");
  const auto paths = [](const policy::AgentSettings& of) {
    std::vector<std::string> out;
    for (const auto& space : of.network_namespaces)
      out.push_back(space.path);
    return out;
  };
  if (paths(after) != paths(before))
    log::warning("agent.network_namespaces has changed: this is taken up by a restart");
}

} // namespace

policy::Problems newly_expired(const Snapshot& after, const Snapshot& before, std::time_t now) {
  policy::Problems problems;
  for (std::size_t i = 0; i < after.certificates.size(); ++i) {
    const auto& own = after.certificates[i];
    const auto& chain = after.workers.credentials[i].chain;
    const bool known =
        std::ranges::any_of(before.workers.credentials, [&](const ipc::Credential& credential) {
          return credential.chain == chain;
        });
    if (own.facts.not_after <= now && !known)
      problems.lines.push_back(
          fmt::format("{}: {}: the certificate has expired", own.where, own.path));
  }
  return problems;
}

Reloader::Reloader(EventLoop& loop, Generations& generations, ConfigurationSource source,
                   KernelSuites suites, Unmet unmet,
                   std::function<void(const Configuration&)> on_change)
    : loop_(loop), generations_(generations), source_(std::move(source)),
      suites_(std::move(suites)), unmet_(std::move(unmet)), on_change_(std::move(on_change)) {
  generations_.on_room([this] {
    if (!waiting_.empty())
      begin();
  });
}

void Reloader::reload(Done done) {
  waiting_.push_back(std::move(done));
  begin();
}

void Reloader::begin() {
  const auto* before = generations_.in_force();
  if (before == nullptr || !generations_.can_follow())
    return; // on_room() comes back to it
  const auto whose = std::exchange(waiting_, {});
  tell_that_it_reloads();
  auto configuration = read_configuration(source_, suites_);
  if (!configuration)
    return finish(whose, configuration.error());
  const auto now = std::chrono::system_clock::to_time_t(loop_.wall_clock());
  if (const auto expired = newly_expired(configuration->snapshot, before->snapshot, now);
      !expired.lines.empty())
    return finish(whose, expired);
  if (const auto unmet = unmet_(configuration->policy); !unmet.lines.empty())
    return finish(whose, unmet);
  for (const auto& line : configuration->snapshot.warnings)
    log::warning("{}", line);
  warn_of_what_needs_a_restart(configuration->policy.agent(), before->policy.agent());
  generations_.follow(std::move(*configuration), [this, whose](const policy::Problems& problems) {
    if (problems.lines.empty())
      on_change_(*generations_.in_force());
    finish(whose, problems);
  });
}

void Reloader::finish(const std::vector<Done>& whose, const policy::Problems& problems) {
  for (const auto& line : problems.lines)
    log::error("{}", line);
  if (!problems.lines.empty())
    log::error("the configuration is not taken up: {}; policy {} stays in force",
               counted(problems.lines.size(), "error"), generations_.number());
  (void)::sd_notify(0, "READY=1");
  for (const auto& done : whose)
    done(problems);
}

} // namespace ktls
