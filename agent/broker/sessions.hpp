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
#include "broker/shared_values.hpp"

namespace ktls {

class Sessions {
public:
  using Cookie = std::uint64_t;
  using Wanted = std::function<bool(const Session&)>;
  struct Observer {
    std::function<void(const Session&)> opened;
    std::function<void(const Session&, SessionEnd)> ended;
  };

  void observe(Observer observer) { observer_ = std::move(observer); }

  // One of the same cookie is replaced: its keys are others now.
  void add(Session session);
  // How it ends, once it is seen to have ended. Default: Closed. Nothing is kept of one that is
  // none of ours.
  void expect_end(Cookie cookie, SessionEnd how) {
    if (sessions_.contains(cookie))
      expected_.insert_or_assign(cookie, how);
  }
  // False: it is none of ours.
  bool remove(Cookie cookie);
  // Those of a network namespace that are not in `alive` have ended.
  void keep_alive(std::uint64_t network_namespace, const std::unordered_set<Cookie>& alive);

  [[nodiscard]] const Session* find(Cookie cookie) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  // The oldest sockets first.
  [[nodiscard]] std::vector<Cookie> select(const Wanted& wanted) const;
  // So many of them at most, with cookies above `after`.
  [[nodiscard]] std::vector<const Session*> page(Cookie after, std::size_t limit,
                                                 const Wanted& wanted) const;

private:
  std::map<Cookie, Session> sessions_;
  std::map<Cookie, SessionEnd> expected_;
  SharedValues<SessionTerms> terms_;
  SharedValues<Peer> peers_;
  SharedValues<MappedUser> users_;
  Observer observer_{[](const Session&) {}, [](const Session&, SessionEnd) {}};
};

} // namespace ktls
