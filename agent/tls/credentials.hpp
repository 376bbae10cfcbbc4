// SPDX-License-Identifier: GPL-2.0-or-later
// Credentials: a certificate chain whose key is elsewhere, and trust anchors; shared by sessions.
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

class Credentials {
public:
  // `signer` must outlive the credentials; the credentials must outlive the sessions that use them.
  static Result<std::unique_ptr<Credentials>> create(const ipc::Profile& profile,
                                                     RemoteSigner& signer);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; } // for this folder only

private:
  explicit Credentials(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

} // namespace ktls::tls
