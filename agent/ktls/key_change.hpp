// SPDX-License-Identifier: GPL-2.0-or-later
// Other keys for a socket that has kernel TLS: the kernel's part of a KeyUpdate of TLS 1.3 (RFC
// 8446, section 4.6.3; "Updating keys" of the kernel's Documentation/networking/tls.rst).
#pragma once

#include <optional>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ktls/ktls_socket.hpp"
#include "ktls/traffic_keys.hpp"

namespace ktls {

// The key that the kernel has for a direction.
struct KeyInUse {
  Suite suite;
  Secret key;
};
// An error where it has none.
[[nodiscard]] Result<KeyInUse> key_in_use(KtlsSocket& socket, Direction direction);

// For what is sent from here on, or is received behind the peer's KeyUpdate, which must have been
// read. After an error the keys are those from before. Linux 6.14 is the first that can; an older
// one says EBUSY.
[[nodiscard]] Result<> change(KtlsSocket& socket, const TransmitKeys& keys);
[[nodiscard]] Result<> change(KtlsSocket& socket, const ReceiveKeys& keys);

} // namespace ktls
