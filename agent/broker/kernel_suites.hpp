// SPDX-License-Identifier: GPL-2.0-or-later
// What a kernel carries, in the terms of the TLS registries.
#pragma once

#include "broker/snapshot.hpp"
#include "ktls/cipher_probe.hpp"

namespace ktls {

[[nodiscard]] KernelSuites suites_of(const KernelTls& kernel);
// For a check where there is no kernel TLS: on the machine where the configuration is written.
[[nodiscard]] KernelSuites all_suites();

} // namespace ktls
