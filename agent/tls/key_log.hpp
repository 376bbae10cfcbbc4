// SPDX-License-Identifier: GPL-2.0-or-later
// KeyLog: who is given the secrets of a session, so that others can decrypt what it sends.
#pragma once

#include <cstddef>
#include <span>

#include "ipc/key_log_entry.hpp"

namespace ktls::tls {

class KeyLog {
public:
  virtual ~KeyLog() = default;
  // Called from within Session::advance(). The bytes are the session's.
  virtual void on_secret(ipc::KeyLabel label, std::span<const std::byte> client_random,
                         std::span<const std::byte> secret) = 0;
};

} // namespace ktls::tls
