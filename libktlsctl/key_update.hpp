// SPDX-License-Identifier: LGPL-2.1-or-later
// KeyUpdate (RFC 8446, section 4.6.3) on a socket that the agent has secured. The next keys come
// from the agent, which gives them to the kernel: they are never here.
#pragma once

#include <chrono>

namespace ktls {

// For the agent, which may just be restarted.
inline constexpr std::chrono::milliseconds key_update_patience{10'000};

// All below return 0 or a negative errno.

// The peer's KeyUpdate was read: what is received next has its next keys.
[[nodiscard]] int follow_key_update(int fd) noexcept;
// Sends one; what is sent next has our next keys. `ask_peer`: for its own in return. -EAGAIN and
// -EINTR: nothing has happened. A socket with half of it done is shut down.
[[nodiscard]] int send_key_update(int fd, bool ask_peer) noexcept;

} // namespace ktls
