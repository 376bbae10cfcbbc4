// SPDX-License-Identifier: GPL-2.0-or-later
// SignerClient: asks ktlsd-signer for signatures, over this worker's own channel to it.
#pragma once

#include <chrono>

#include "ipc/channel.hpp"
#include "tls/credentials.hpp"

namespace ktls {

class SignerClient final : public tls::RemoteSigner {
public:
  // A local key takes a millisecond at most; a signer that needs longer than this is not there.
  static constexpr std::chrono::milliseconds limit{2000};

  explicit SignerClient(ipc::Channel channel) : channel_(std::move(channel)) {}

  Result<std::vector<std::byte>> sign(std::uint32_t key_id, std::uint16_t scheme,
                                      std::span<const std::byte> data) override;

private:
  Result<std::vector<std::byte>> await(std::uint64_t number);

  ipc::Channel channel_;
  std::uint64_t last_number_ = 0;
};

} // namespace ktls
