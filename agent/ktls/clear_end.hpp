// SPDX-License-Identifier: GPL-2.0-or-later
// Ending a connection that has no keys yet, so that its peer learns why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ktls {

// What is sent in clear text for an alert of RFC 8446, section 6. Pure.
[[nodiscard]] std::vector<std::byte> alert_records(std::uint8_t alert);

// Sends the alert, if the socket takes it at once, and shuts the socket down; both without waiting.
// Only for an established TCP connection in clear text on which no handshake has begun.
void end_with_alert(int socket, std::uint8_t alert);

// Ends a connection that no worker has had. One that its owner has closed, or attached to kernel
// TLS, meanwhile gets no alert, nor does any without one to send.
void end_unbegun(int socket, std::optional<std::uint8_t> alert);

// What a peer sent and nobody will read: closing a socket with unread data resets the connection,
// and a reset overtakes the alert.
void discard_input(int socket);

} // namespace ktls
