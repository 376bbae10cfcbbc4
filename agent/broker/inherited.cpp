// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/inherited.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace ktls {

std::vector<Inherited> take_inherited() {
  constexpr int unset_environment = 1;
  char** names = nullptr;
  const int count = ::sd_listen_fds_with_names(unset_environment, &names);
  if (count < 0)
    log::warning("the service manager's sockets are not taken: LISTEN_FDS: {}",
                 std::generic_category().message(-count));
  std::vector<Inherited> out;
  for (int i = 0; i < count; ++i) {
    out.push_back({names[i], Fd(SD_LISTEN_FDS_START + i)}); // with CLOEXEC since sd_listen_fds()
    std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  return out;
}

Fd take(std::vector<Inherited>& from, std::string_view name) {
  const auto found = std::ranges::find(from, name, &Inherited::name);
  if (found == from.end())
    return {};
  Fd fd = std::move(found->fd);
  from.erase(found);
  return fd;
}

void close_rest(std::vector<Inherited>&& rest) {
  const auto closed = std::move(rest);
  for (const auto& left : closed)
    log::warning("a descriptor \"{}\" of the service manager is closed: nothing is known by this "
                 "name, or there was one before it; see FileDescriptorName= of its socket unit",
                 escape(left.name));
}

bool keep_descriptor(const std::string& name, int fd) {
  const auto told = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + name;
  return ::sd_pid_notify_with_fds(0, 0, told.c_str(), &fd, 1) > 0;
}

void forget_descriptor(const std::string& name) {
  (void)::sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

} // namespace ktls
