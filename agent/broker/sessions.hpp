// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions: the registry of those that are open, by the cookie of their socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_set>
#include <vector>

#include "broker/session.hpp"

namespace ktls {

class Sessions {
public:
  using Cookie = std::uint64_t;

  // One of the same cookie is replaced: its keys are others now.
  void add(Session session);
  // False: it is none of ours.
  bool remove(Cookie cookie) { return sessions_.erase(cookie) > 0; }
  // Those of a network namespace that are not in `alive` have ended.
  void keep_alive(std::uint64_t network_namespace, const std::unordered_set<Cookie>& alive);

  [[nodiscard]] const Session* find(Cookie cookie) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  // The oldest sockets first.
  [[nodiscard]] std::vector<Cookie> select(const std::function<bool(const Session&)>& wanted) const;

private:
  std::map<Cookie, Session> sessions_;
};

} // namespace ktls
