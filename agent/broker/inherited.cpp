// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/inherited.hpp"

#include <fcntl.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>

namespace ktls {

std::vector<Inherited> take_inherited() {
  std::vector<Inherited> out;
  char** names = nullptr;
  const int count = ::sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; ++i) {
    out.push_back({names[i], Fd(SD_LISTEN_FDS_START + i)});
    std::free(names[i]); // NOLINT(cppcoreguidelines-no-malloc): systemd's
  }
  std::free(names); // NOLINT(cppcoreguidelines-no-malloc)
  return out;
}

Fd take(std::vector<Inherited>& from, std::string_view name) {
  const auto found = std::ranges::find(from, name, &Inherited::name);
  if (found == from.end())
    return {};
  auto fd = std::move(found->fd);
  from.erase(found);
  return fd;
}

bool keep_descriptor(const std::string& name, int fd) {
  const auto told = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + name;
  return ::sd_pid_notify_with_fds(0, 0, told.c_str(), &fd, 1) > 0;
}

void forget_descriptor(const std::string& name) {
  (void)::sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

} // namespace ktls
