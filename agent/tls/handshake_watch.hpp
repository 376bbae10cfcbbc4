// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeWatch: whoever wants to know what happens in a handshake, step by step.
#pragma once

#include <string>

#include "ipc/handshake_step.hpp"

namespace ktls::tls {

class HandshakeWatch {
public:
  virtual ~HandshakeWatch() = default;
  // `text` is escaped, and never holds a secret. Called from within Session::advance().
  virtual void on_step(ipc::StepKind kind, const std::string& text) = 0;
  // A handshake message, by its HandshakeType (RFC 8446, section 4), has come or was written.
  virtual void on_message(unsigned type, bool sent) = 0;
};

} // namespace ktls::tls
