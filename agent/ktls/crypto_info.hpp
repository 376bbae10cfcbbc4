// SPDX-License-Identifier: GPL-2.0-or-later
// CryptoInfo: the structure that TLS_TX and TLS_RX take.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ktls/traffic_keys.hpp"

namespace ktls {

// Wiped when it goes.
class CryptoInfo {
public:
  static Result<CryptoInfo> of(const TransmitKeys& keys);
  static Result<CryptoInfo> of(const ReceiveKeys& keys);

  // A struct tls12_crypto_info_* of linux/tls.h, exactly. Valid as long as this object.
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_.bytes(); }

private:
  explicit CryptoInfo(Secret bytes) : bytes_(std::move(bytes)) {}

  Secret bytes_;
};

} // namespace ktls
