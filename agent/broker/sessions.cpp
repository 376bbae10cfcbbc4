// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/sessions.hpp"

#include <utility>

namespace ktls {

void Sessions::add(Session session) {
  const auto cookie = session.cookie;
  sessions_.insert_or_assign(cookie, std::move(session));
}

void Sessions::keep_alive(std::uint64_t network_namespace,
                          const std::unordered_set<Cookie>& alive) {
  std::erase_if(sessions_, [&](const auto& one) {
    return one.second.network_namespace == network_namespace && !alive.contains(one.first);
  });
}

const Session* Sessions::find(Cookie cookie) const {
  const auto found = sessions_.find(cookie);
  return found == sessions_.end() ? nullptr : &found->second;
}

std::vector<Sessions::Cookie>
Sessions::select(const std::function<bool(const Session&)>& wanted) const {
  std::vector<Cookie> out;
  for (const auto& [cookie, session] : sessions_) {
    if (wanted(session))
      out.push_back(cookie);
  }
  return out;
}

} // namespace ktls
