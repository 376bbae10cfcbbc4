// SPDX-License-Identifier: GPL-2.0-or-later
// Generation: a policy in force, and what serves it. Each reload makes another; a handshake stays
// with the one that it began with.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/snapshot.hpp"
#include "broker/workers.hpp"
#include "policy/policy.hpp"

namespace ktls {

struct Generation {
  std::uint64_t number; // from 1 on
  const policy::Policy& policy;
  const std::vector<ServedProfile>& profiles;
  Workers& workers;
};

} // namespace ktls
