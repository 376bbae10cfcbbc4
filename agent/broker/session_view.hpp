// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions as org.ktlsctl.Agent1 shows them. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "broker/handshake_report.hpp"
#include "broker/sessions.hpp"
#include "bus/agent1.hpp"
#include "netlink/socket_diag.hpp"

namespace ktls {

[[nodiscard]] bus::SessionRow row_of(const Session& session);
// Without the modes of its socket, which the kernel knows.
[[nodiscard]] bus::SessionDetails details_of(const Session& session);

// One that another program has put its keys into.
[[nodiscard]] Session foreign_session(const DiagSocket& socket);
// Adds who encrypts and decrypts.
void add_modes(bus::SessionDetails& details, const DiagTls& tls);

[[nodiscard]] bus::FailedHandshake failed_handshake(const HandshakeReport& report);

// Which ones a filter is for.
[[nodiscard]] bus::AgentAnswer<Sessions::Wanted> wanted_by(const bus::SessionFilter& filter);

// Of a list of sessions: what comes behind the one with this id.
struct PageQuestion {
  bus::SessionFilter filter;
  std::optional<uid_t> only_owner; // whose process has it
  std::uint64_t after = 0;
  std::uint32_t limit = bus::max_page;
};
// `foreign` tells those of others, and is asked if they are wanted.
[[nodiscard]] bus::AgentAnswer<bus::SessionPage>
page_of(const Sessions& sessions, const std::function<const std::vector<Session>&()>& foreign,
        const PageQuestion& question);

} // namespace ktls
