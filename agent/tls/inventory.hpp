// SPDX-License-Identifier: GPL-2.0-or-later
// Inventory: what the profiles of a configuration share: its certificates, whose keys are
// elsewhere, and its trust stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "ipc/profile.hpp"

namespace ktls::tls {

// Signs with a key that lives in another process.
class RemoteSigner {
public:
  virtual ~RemoteSigner() = default;
  // `scheme`: RFC 8446, section 4.2.3. May suspend the fiber that it is called on.
  virtual Result<std::vector<std::byte>> sign(std::uint32_t key_id, std::uint16_t scheme,
                                              std::span<const std::byte> data) = 0;
};

class Inventory {
public:
  // A server that asks for certificates names its trust anchors, which helps clients to choose
  // (RFC 8446, section 4.2.4; RFC 5246, section 7.4.4). Those of all public authorities are 15 KiB
  // in each handshake, and help nobody: with more than these, none are named.
  static constexpr std::size_t max_named_authorities = 32;

  // `signer` must outlive the inventory.
  static Result<std::unique_ptr<Inventory>> create(const std::vector<ipc::Credential>& credentials,
                                                   std::vector<ipc::TrustStore> trust_stores,
                                                   RemoteSigner& signer);
  ~Inventory();
  Inventory(const Inventory&) = delete;
  Inventory& operator=(const Inventory&) = delete;

  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; } // for this folder only

private:
  explicit Inventory(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

} // namespace ktls::tls
