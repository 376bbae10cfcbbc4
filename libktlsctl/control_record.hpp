// SPDX-License-Identifier: LGPL-2.1-or-later
// Records that carry no data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ktls {

// RFC 8446, sections 5.1 and 6
enum ContentType : std::uint8_t { Alert = 21, Handshake = 22, ApplicationData = 23 };

// One record on a socket with kernel TLS, behind all data that was written so far. Blocks or not as
// send() would. 0 or a negative errno; then nothing has been sent.
[[nodiscard]] int send_record(int fd, ContentType type,
                              std::span<const std::uint8_t> body) noexcept;

} // namespace ktls
