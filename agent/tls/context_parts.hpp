// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind a Context; for this folder only.
#pragma once

#include <memory>
#include <vector>

#include "tls/context.hpp"
#include "tls/credentials_parts.hpp"
#include "tls/priority_parts.hpp"
#include "tls/verdict_cache.hpp"

namespace ktls::tls {

struct Context::Parts {
  Parts(Priority its_priority, std::unique_ptr<Credentials> its_credentials)
      : priority(std::move(its_priority)), credentials(std::move(its_credentials)) {}

  Priority priority;
  std::unique_ptr<Credentials> credentials;
  std::shared_ptr<const TrustStore> trust;
  unsigned key_shares = 0; // a flag of gnutls_init(), as client
  bool limits_records = false;
  bool names_authorities = true; // as server that asks for certificates
  bool tls12 = false;            // the versions that the priority allows
  bool tls13 = false;
  std::unique_ptr<VerdictCache> verdicts = std::make_unique<VerdictCache>();
  std::vector<gnutls_datum_t> alpn; // views into the profile
};

} // namespace ktls::tls
