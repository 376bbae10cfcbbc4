// SPDX-License-Identifier: GPL-2.0-or-later
// Plan: what the policy wants of a handshake that was asked for. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "broker/generation.hpp"
#include "broker/handshake_request.hpp"

namespace ktls {

struct Plan {
  std::shared_ptr<const Generation> generation; // what the rest points into
  const policy::Rule* rule = nullptr;
  const policy::ProfileSettings* profile = nullptr;
  const ServedProfile* served = nullptr;
  std::uint32_t index = 0; // in WorkerConfiguration::profiles
  std::string peer_name;   // as client: to verify the server by, and to ask for; may be empty

  [[nodiscard]] bool is_client() const { return profile->role == ipc::HandshakeRole::Client; }
  [[nodiscard]] bool uses_psk() const { return profile->psk != policy::PskKind::None; }
};

// What is asked for by whoever asks, on one connection.
struct Question {
  const policy::Facts& facts;
  const policy::LocalTime& time;
  RequestedRole role;
  const std::string& peer_name;
  bool psk; // of the kernel's keyrings
};

// The outcome with which the request is refused names the rule, where there is one.
[[nodiscard]] tl::expected<Plan, Outcome> plan_for(std::shared_ptr<const Generation> generation,
                                                   const policy::Decision& decision,
                                                   const Question& question);

} // namespace ktls
