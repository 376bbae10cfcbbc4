// SPDX-License-Identifier: GPL-2.0-or-later
// Context: what the sessions of one profile share.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "ipc/profile.hpp"
#include "tls/credentials.hpp"

namespace ktls::tls {

class Context {
public:
  // `inventory` must outlive the context; the context must outlive its sessions.
  // `limits_records`: whoever sends the data can keep to a peer's record_size_limit; otherwise a
  // peer that sets one is refused.
  static Result<std::unique_ptr<Context>> create(ipc::Profile profile, const Inventory& inventory,
                                                 bool limits_records);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] const ipc::Profile& profile() const { return profile_; }

  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; } // for this folder only

private:
  Context(ipc::Profile profile, std::unique_ptr<Parts> parts);
  ipc::Profile profile_;
  std::unique_ptr<Parts> parts_;
};

} // namespace ktls::tls
