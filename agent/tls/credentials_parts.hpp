// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind Credentials; for this folder only.
#pragma once

#include <vector>

#include "tls/credentials.hpp"
#include "tls/inventory_parts.hpp"

namespace ktls::tls {

struct Credentials::Parts {
  CredentialsHandle certificates;
  std::vector<const OwnCredential*> own; // of the inventory
};

// What a session's pointer (gnutls_session_get_ptr) begins with: the callback that chooses a
// certificate has only that.
struct CertificateChoice {
  const Credentials::Parts* presented = nullptr; // none: present no certificate
};

} // namespace ktls::tls
