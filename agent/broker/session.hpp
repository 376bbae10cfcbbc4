// SPDX-License-Identifier: GPL-2.0-or-later
// Session: a connection that was secured here, and is open as far as is known.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/socket_address.hpp"
#include "broker/user_mapping.hpp"

namespace ktls {

struct Session {
  std::uint64_t cookie = 0;            // of its socket
  std::uint64_t network_namespace = 0; // cookie of it
  ino_t inode = 0;                     // of its socket
  ConnectionAddresses addresses{};
  std::string description; // who has it, and between which addresses: for the log
  std::string rule;
  std::string profile;
  std::uint64_t generation = 0; // of the policy that it came up with
  std::chrono::system_clock::time_point began;
  std::optional<MappedUser> user; // whose the peer's certificate is
  // With `user`: what the mapper was asked.
  std::shared_ptr<const MappingQuestion> question;
  // What its profile said then: counts where there is none of that name any more.
  policy::RevokedSessions when_revoked = policy::RevokedSessions::Keep;
};

} // namespace ktls
