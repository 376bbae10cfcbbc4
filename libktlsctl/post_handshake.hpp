// SPDX-License-Identifier: LGPL-2.1-or-later
// Handshake messages that a TLS 1.3 peer may send between the data (RFC 8446, section 4.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ktls {

// Skips NewSessionTicket messages, however they are cut into records or reads.
class PostHandshake {
public:
  enum class Verdict { Harmless, KeyUpdate, Forbidden };

  // On everything fed so far. KeyUpdate: a key update and nothing behind it; complete if
  // at_boundary().
  Verdict feed(std::span<const std::byte> bytes) noexcept;

  // After KeyUpdate: the peer wants one in return (RFC 8446, section 4.6.3).
  [[nodiscard]] bool update_requested() const noexcept { return update_requested_; }

  // No message has been begun and not ended.
  [[nodiscard]] bool at_boundary() const noexcept { return header_size_ == 0 && body_left_ == 0; }

private:
  Verdict begin_body() noexcept;

  std::byte header_[4] = {};
  std::size_t header_size_ = 0;
  std::size_t body_left_ = 0;
  bool update_requested_ = false;
  Verdict verdict_ = Verdict::Harmless;
};

} // namespace ktls
