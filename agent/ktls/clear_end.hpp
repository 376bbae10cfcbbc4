// SPDX-License-Identifier: GPL-2.0-or-later
// Ending a connection that has no keys yet, so that its peer learns why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/reason.hpp"

namespace ktls {

// What is sent in clear text for an alert of RFC 8446, section 6. Pure.
[[nodiscard]] std::vector<std::byte> alert_records(std::uint8_t alert);

// Sends the alert, if the socket takes it at once, and shuts the socket down; both without waiting.
// Only for an established TCP connection in clear text on which no handshake has begun.
void end_with_alert(int socket, std::uint8_t alert);

// Ends a connection on which no handshake has begun: with the reason's alert, or without one where
// it has none, or the socket is no longer an established TCP connection in clear text.
void end_unbegun(int socket, Reason reason);

// What a peer sent and nobody will read: closing a socket with unread data resets the connection,
// and a reset overtakes the alert.
void discard_input(int socket);

} // namespace ktls
