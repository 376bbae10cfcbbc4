// SPDX-License-Identifier: GPL-2.0-or-later
// Context: what is known of the connection that a certificate came by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tls/certificate.hpp"

namespace ktls::identity {

// Absent or empty: not known, and what asks for it does not match.
struct Context {
  std::string rule;
  std::string profile;
  std::string server_name; // small letters
  std::optional<std::uint16_t> local_port;
  // Of the certificate at which the verified chain ends. Without one, whatever is bound to an
  // anchor does not match.
  std::optional<tls::Sha256> anchor_spki;
};

} // namespace ktls::identity
