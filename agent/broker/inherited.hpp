// SPDX-License-Identifier: GPL-2.0-or-later
// Descriptors that the service manager has for us: those that it opened, and those that it kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"

namespace ktls {

struct Inherited {
  std::string name; // as its unit, or keep_descriptor(), calls it
  Fd fd;
};

// sd_listen_fds_with_names(3). Once, before there are threads: it changes the environment.
[[nodiscard]] std::vector<Inherited> take_inherited();
// One of this name; none: an empty one.
[[nodiscard]] Fd take(std::vector<Inherited>& from, std::string_view name);

// What systemd's descriptor store is told: FDSTORE in sd_notify(3). False: there is none to tell.
// What is kept under a name is there at the next start, whatever ends this process.
bool keep_descriptor(const std::string& name, int fd);
void forget_descriptor(const std::string& name);

} // namespace ktls
