// SPDX-License-Identifier: GPL-2.0-or-later
// probe_ciphers: which ciphers the running kernel can really carry.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "ktls/cipher.hpp"

namespace ktls {

// Those that the kernel takes for TLS 1.3 in both directions, in the order of cipher_table. An
// error when there is no kernel TLS at all, or no loopback interface to try it on. Waits for at
// most one second for each cipher, and not at all on a sound host. With CAP_NET_ADMIN the kernel
// loads its TLS module by itself, without only if it is there.
[[nodiscard]] Result<std::vector<Cipher>> probe_ciphers();

} // namespace ktls
