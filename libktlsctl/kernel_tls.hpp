// SPDX-License-Identifier: LGPL-2.1-or-later
// Asking the kernel whether a socket has TLS keys.
#pragma once

namespace ktls {

[[nodiscard]] bool has_sending_keys(int fd) noexcept;
[[nodiscard]] bool has_receiving_keys(int fd) noexcept;
// Both directions.
[[nodiscard]] bool has_kernel_tls(int fd) noexcept;

} // namespace ktls
