// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_ender.hpp"

#include <cerrno>
#include <map>

#include "broker/descriptor_search.hpp"

namespace ktls {

std::set<std::uint64_t> SessionEnder::end(const std::vector<const Session*>& sessions) {
  std::set<std::uint64_t> ended;
  std::map<ino_t, std::uint64_t> others;
  for (const auto* session : sessions) {
    if (destroy(*session))
      ended.insert(session->cookie);
    else
      others.emplace(session->inode, session->cookie);
  }
  if (!others.empty() && sees_descriptors_())
    ended.merge(shut_down_in_other_processes(std::move(others)));
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
