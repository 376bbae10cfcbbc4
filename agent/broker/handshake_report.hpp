// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeReport: how a handshake ended, for whoever tells or counts it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "broker/handshake_request.hpp"
#include "ipc/profile.hpp"
#include "policy/policy.hpp"

namespace ktls {

struct HandshakeReport {
  const HandshakeRequest& request;
  const std::string& description; // who asked, and between which addresses
  const Outcome& outcome;
  std::optional<ipc::HandshakeRole> role;    // none: it was not decided
  std::chrono::microseconds took{};          // from the request on
  std::optional<std::uint64_t> session = {}; // that is in the registry
  policy::LogLevel level = policy::LogLevel::Info;
};

using OnReport = std::function<void(const HandshakeReport&)>;

} // namespace ktls
