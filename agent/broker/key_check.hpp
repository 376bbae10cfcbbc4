// SPDX-License-Identifier: GPL-2.0-or-later
// Whether the private keys of a configuration can be used, without serving anybody.
#pragma once

#include <string>

#include "broker/snapshot.hpp"

namespace ktls {

// Signers are asked, as always: no other process opens a key. `helpers`: the directory of
// ktlsd-signer. Takes up to WorkerPool::load_limit.
[[nodiscard]] policy::Problems check_keys(const Snapshot& snapshot, const std::string& helpers);

} // namespace ktls
