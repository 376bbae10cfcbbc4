// SPDX-License-Identifier: LGPL-2.1-or-later
#include "post_handshake.hpp"

#include <algorithm>

namespace ktls {
namespace {

// RFC 8446, section 4: HandshakeType
constexpr std::byte new_session_ticket{4};
constexpr std::byte key_update{24};

// Section 4.6.1: two uint32, ticket_nonce<0..255>, ticket<1..2^16-1>, extensions<0..2^16-2>
constexpr std::size_t max_ticket_size = 4 + 4 + (1 + 255) + (2 + 65535) + (2 + 65534);
constexpr std::size_t key_update_size = 1;
// Section 4.6.3: KeyUpdateRequest
constexpr std::byte request_none{0};   // update_not_requested
constexpr std::byte request_update{1}; // update_requested

} // namespace

PostHandshake::Verdict PostHandshake::begin_body() noexcept {
  header_size_ = 0;
  body_left_ = std::to_integer<std::size_t>(header_[1]) << 16 |
               std::to_integer<std::size_t>(header_[2]) << 8 |
               std::to_integer<std::size_t>(header_[3]);
  if (header_[0] == new_session_ticket && body_left_ <= max_ticket_size)
    return Verdict::Harmless;
  if (header_[0] == key_update && body_left_ == key_update_size)
    return Verdict::KeyUpdate;
  return Verdict::Forbidden;
}

PostHandshake::Verdict PostHandshake::feed(std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty() && verdict_ != Verdict::Forbidden) {
    if (body_left_ > 0 && verdict_ == Verdict::KeyUpdate) {
      update_requested_ = bytes.front() == request_update;
      if (!update_requested_ && bytes.front() != request_none)
        verdict_ = Verdict::Forbidden;
    }
    if (body_left_ > 0) {
      const std::size_t step = std::min(body_left_, bytes.size());
      body_left_ -= step;
      bytes = bytes.subspan(step);
      continue;
    }
    if (verdict_ == Verdict::KeyUpdate) {
      // "Handshake messages MUST NOT span key changes." (section 5.1): nothing may follow
      verdict_ = Verdict::Forbidden;
      break;
    }
    header_[header_size_++] = bytes.front();
    bytes = bytes.subspan(1);
    if (header_size_ == sizeof header_)
      verdict_ = begin_body();
  }
  return verdict_;
}

} // namespace ktls
