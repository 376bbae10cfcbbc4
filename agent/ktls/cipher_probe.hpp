// SPDX-License-Identifier: GPL-2.0-or-later
// probe_ciphers: what the running kernel's TLS can really carry.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "ktls/cipher.hpp"

namespace ktls {

struct KernelTls {
  // Those that it takes in both directions, in the order of cipher_table.
  std::vector<Cipher> tls13;
  std::vector<Cipher> tls12;
  bool limits_records = false; // can keep to a peer's record_size_limit
  bool changes_keys = false;   // can follow a KeyUpdate, from Linux 6.14 on
};

// An error when there is no kernel TLS at all, or no loopback interface to try it on. Waits for at
// most one second for each suite, and not at all on a sound host. With CAP_NET_ADMIN the kernel
// loads its TLS module by itself, without only if it is there.
[[nodiscard]] Result<KernelTls> probe_ciphers();

} // namespace ktls
