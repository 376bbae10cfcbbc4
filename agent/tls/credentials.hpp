// SPDX-License-Identifier: GPL-2.0-or-later
// Credentials: what the sessions of one profile present, and whom they name as authorities.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "ipc/profile.hpp"
#include "tls/inventory.hpp"

namespace ktls::tls {

class Credentials {
public:
  // The inventory must outlive the credentials, and these the sessions that use them. The profile
  // names only what is in the inventory.
  static Result<std::unique_ptr<Credentials>> create(const ipc::Profile& profile,
                                                     const Inventory& inventory);
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
