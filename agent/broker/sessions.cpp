// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/sessions.hpp"

#include <utility>

namespace ktls {

void Sessions::add(Session session) {
  session.terms = terms_.share(std::move(session.terms));
  session.peer = peers_.share(std::move(session.peer));
  session.user = users_.share(std::move(session.user));
  const auto cookie = session.cookie;
  expected_.erase(cookie);
  observer_.opened(sessions_.insert_or_assign(cookie, std::move(session)).first->second);
}

bool Sessions::remove(Cookie cookie) {
  const auto ended = sessions_.extract(cookie);
  if (ended.empty())
    return false;
  const auto expected = expected_.extract(cookie);
  observer_.ended(ended.mapped(), expected.empty() ? SessionEnd::Closed : expected.mapped());
  return true;
}

void Sessions::keep_alive(std::uint64_t network_namespace,
                          const std::unordered_set<Cookie>& alive) {
  const auto gone = select([&](const Session& one) {
    return one.network_namespace == network_namespace && !alive.contains(one.cookie);
  });
  for (const auto cookie : gone)
    remove(cookie);
}

const Session* Sessions::find(Cookie cookie) const {
  const auto found = sessions_.find(cookie);
  return found == sessions_.end() ? nullptr : &found->second;
}

std::vector<Sessions::Cookie> Sessions::select(const Wanted& wanted) const {
  std::vector<Cookie> out;
  for (const auto& [cookie, session] : sessions_) {
    if (wanted(session))
      out.push_back(cookie);
  }
  return out;
}

std::vector<const Session*> Sessions::page(Cookie after, std::size_t limit,
                                           const Wanted& wanted) const {
  std::vector<const Session*> out;
  for (auto at = sessions_.upper_bound(after); at != sessions_.end() && out.size() < limit; ++at) {
    if (wanted(at->second))
      out.push_back(&at->second);
  }
  return out;
}

} // namespace ktls
