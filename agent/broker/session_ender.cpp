// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_ender.hpp"

#include <cerrno>
#include <set>

#include "broker/descriptor_search.hpp"

namespace ktls {

std::set<std::uint64_t> SessionEnder::end(const std::vector<const Session*>& sessions) {
  std::set<std::uint64_t> ended;
  std::set<std::uint64_t> others;
  std::set<pid_t> owners;
  for (const auto* session : sessions) {
    if (destroy(*session)) {
      ended.insert(session->cookie);
      continue;
    }
    others.insert(session->cookie);
    if (session->pid > 0)
      owners.insert(session->pid);
  }
  if (!others.empty() && sees_descriptors_())
    ended.merge(shut_down_in_other_processes(std::move(others), owners));
  return ended;
}

bool SessionEnder::destroy(const Session& session) {
  auto* sockets = watch_.sockets_of(session.network_namespace);
  if (sockets == nullptr)
    return false;
  const auto answer =
      sockets->destroy({session.addresses.local, session.addresses.remote, session.cookie});
  return answer && (*answer == 0 || *answer == ENOENT);
}

} // namespace ktls
