// SPDX-License-Identifier: GPL-2.0-or-later
// The descriptors that a service manager hands over, sd_listen_fds(3), and those that it keeps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"

namespace ktls {

struct Inherited {
  std::string name; // FileDescriptorName= of the socket unit, or as keep_descriptor() calls it
  Fd fd;
};

// Once, early: what is started later must not find them in its environment.
[[nodiscard]] std::vector<Inherited> take_inherited();

// The first of that name; none where there is none.
[[nodiscard]] Fd take(std::vector<Inherited>& from, std::string_view name);

// Closes what nobody has taken, with a warning for each.
void close_rest(std::vector<Inherited>&& rest);

// What systemd's descriptor store is told: FDSTORE in sd_notify(3). False: there is none to tell.
// What is kept under a name is there at the next start, whatever ends this process.
bool keep_descriptor(const std::string& name, int fd);
void forget_descriptor(const std::string& name);

} // namespace ktls
