// SPDX-License-Identifier: GPL-2.0-or-later
// HandshakeStep: what a worker tells of a handshake while it runs, where the broker wants it.
#pragma once

#include <cstdint>

#include "wire.hpp"

namespace ktls::ipc {

enum class StepKind : std::uint16_t {
  Offer = 1,       // what the ClientHello has
  Choice = 2,      // what the ServerHello has
  Certificate = 3, // one of the peer's
  Verdict = 4,     // how these were judged
  User = 5,        // what the broker said of the peer's user
  Messages = 6,    // which ones there were, and when
};
inline constexpr auto last_step_kind = StepKind::Messages;

struct HandshakeStep {
  static constexpr std::uint16_t type = 115;
  static constexpr std::size_t max_steps = 32; // of one handshake
  static constexpr std::size_t max_text = 2048;
  wire::Header header;
  std::uint64_t id;
  std::uint32_t since_us; // the broker has sent the handshake
  StepKind kind;
  std::uint16_t reserved;
  wire::Text<max_text> text; // escaped

  [[nodiscard]] bool valid() const {
    return kind >= StepKind::Offer && kind <= last_step_kind && reserved == 0 && text.valid();
  }
};

} // namespace ktls::ipc
