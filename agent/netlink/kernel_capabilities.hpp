// SPDX-License-Identifier: GPL-2.0-or-later
// What this kernel's handshake family takes, by what generic netlink says of its policy.
//
// Two patch series use the same attribute numbers for different things, so a number alone says
// nothing. The controller family (nlctrl) tells, for each command, which attributes a request may
// have, and of which type. Attributes that occur only in replies are in no policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ktls {

struct KernelCapabilities {
  bool tags = false;        // DONE takes tags
  bool session_ids = false; // DONE takes the session id of the KeyUpdate series; not used yet
};

// The answer to build_policy_request(), datagram by datagram.
class PolicyDump {
public:
  enum class Progress { More, Complete };

  // Messages of other exchanges are skipped.
  Result<Progress> add(std::span<const std::byte> datagram, std::uint32_t sequence);

  // One of NL_ATTR_TYPE_*; none when the command does not take the attribute.
  [[nodiscard]] std::optional<std::uint32_t> type(std::uint32_t command,
                                                  std::uint32_t attribute) const;

private:
  Result<> add_attributes(std::span<const std::byte> attributes);
  Result<> add_commands(std::span<const std::byte> nest);
  Result<> add_policies(std::span<const std::byte> nest);

  std::map<std::uint32_t, std::uint32_t> policy_of_command_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> type_of_attribute_;
};

[[nodiscard]] std::vector<std::byte> build_policy_request(std::uint16_t family,
                                                          std::uint32_t sequence);

// What cannot be told for certain is taken as not there.
[[nodiscard]] KernelCapabilities capabilities_of(const PolicyDump& policy);

} // namespace ktls
