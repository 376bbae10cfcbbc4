// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind Credentials; for this folder only.
#pragma once

#include <memory>
#include <vector>

#include "tls/credentials.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {

// A chain, and a stand-in for its key that asks the signer.
class OwnCredential {
public:
  OwnCredential(RemoteSigner& its_signer, std::uint32_t its_key_id)
      : signer(its_signer), key_id(its_key_id) {}
  OwnCredential(const OwnCredential&) = delete;
  OwnCredential& operator=(const OwnCredential&) = delete;
  ~OwnCredential() {
    for (auto& certificate : chain)
      gnutls_pcert_deinit(&certificate);
  }

  RemoteSigner& signer;
  std::uint32_t key_id;
  std::vector<gnutls_pcert_st> chain;
  CertificateHandle leaf; // to match names with
  PrivateKeyHandle key;
  gnutls_pk_algorithm_t key_algorithm = GNUTLS_PK_UNKNOWN;
  unsigned key_bits = 0;
};

struct Credentials::Parts {
  CredentialsHandle certificates;
  std::vector<std::unique_ptr<OwnCredential>> own;
};

// What a session's pointer (gnutls_session_get_ptr) begins with: the callback that chooses a
// certificate has only that.
struct CertificateChoice {
  const Credentials::Parts* presented = nullptr; // none: present no certificate
};

} // namespace ktls::tls
