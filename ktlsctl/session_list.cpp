// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_list.hpp"

#include <algorithm>
#include <iterator>

namespace ktls::command {

Outcome<std::vector<bus::SessionRow>> list_sessions(Agent& agent,
                                                    const bus::SessionFilter& filter) {
  std::vector<bus::SessionRow> rows;
  std::uint64_t after = 0;
  do {
    auto page = TRY(agent.ask<bus::SessionPage>(bus::Action::Read, [&](auto& client, auto then) {
      client.list(filter, after, bus::max_page, std::move(then));
    }));
    if (page.next != 0 && page.sessions.empty())
      return tl::make_unexpected(Trouble{failed, "ktlsd lists its sessions without an end; is it "
                                                 "of the same version as ktlsctl?"});
    std::ranges::move(page.sessions, std::back_inserter(rows));
    after = page.next;
  } while (after != 0);
  return rows;
}

} // namespace ktls::command
