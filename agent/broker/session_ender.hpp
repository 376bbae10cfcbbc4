// SPDX-License-Identifier: GPL-2.0-or-later
// SessionEnder: ends sessions that their owners would go on with.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "broker/session.hpp"
#include "broker/session_watch.hpp"

namespace ktls {

class SessionEnder {
public:
  // `sees_descriptors`: CAP_SYS_PTRACE is there. `watch` must outlive it.
  SessionEnder(SessionWatch& watch, std::function<bool()> sees_descriptors)
      : watch_(watch), sees_descriptors_(std::move(sees_descriptors)) {}

  // Whether it can end those of applications. Those of services in the kernel have no descriptor:
  // they need a kernel that ends connections itself.
  [[nodiscard]] bool is_able() { return watch_.can_destroy() || sees_descriptors_(); }

  // The cookies of those that were ended, or had ended. The owner reads an end, or gets
  // ECONNABORTED; the peer sees the connection end without close_notify.
  std::set<std::uint64_t> end(const std::vector<const Session*>& sessions);

private:
  bool destroy(const Session& session);

  SessionWatch& watch_;
  std::function<bool()> sees_descriptors_;
};

} // namespace ktls
