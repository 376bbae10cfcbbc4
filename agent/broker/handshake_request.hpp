// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeRequest: what the kernel and applications ask for, in one form.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/fd.hpp"
#include "base/reason.hpp"

namespace ktls {

struct Outcome {
  Reason reason = Reason::InternalError;
  std::string detail;       // what the reason's own help does not say; escaped
  std::string protocol;     // with Success
  std::string cipher;       // with Success
  std::string peer_subject; // escaped; empty when the peer presented no certificate
  bool authenticated = false;
};

[[nodiscard]] inline Outcome failure(Reason reason, std::string detail = {}) {
  Outcome outcome;
  outcome.reason = reason;
  outcome.detail = std::move(detail);
  return outcome;
}

enum class RequestedRole { Client, Server };

struct HandshakeRequest {
  Fd socket; // the broker's own duplicate
  RequestedRole role = RequestedRole::Client;
  bool anonymous = false; // as client: present no certificate
  std::string peer_name;  // as client
  std::chrono::milliseconds timeout{0};
  std::string origin;       // for the log: "kernel", "pid 17 uid 1000"
  std::optional<uid_t> uid; // whom it counts for; none: the kernel
  // Called exactly once. `socket` is valid during the call and closed after it; it has its keys, or
  // is shut down.
  std::function<void(const Outcome&, int socket)> complete;
};

} // namespace ktls
