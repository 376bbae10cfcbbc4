// SPDX-License-Identifier: GPL-2.0-or-later
// The GnuTLS side of Credentials.
#pragma once

#include <vector>

#include "tls/credentials.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {

struct Credentials::Parts {
  Parts(RemoteSigner& its_signer, std::uint32_t its_key_id)
      : signer(its_signer), key_id(its_key_id) {}
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    for (auto& certificate : chain)
      gnutls_pcert_deinit(&certificate);
  }

  RemoteSigner& signer;
  std::uint32_t key_id; // 0: none
  CredentialsHandle certificates;
  std::vector<gnutls_pcert_st> chain;
  PrivateKeyHandle key; // a stand-in that asks the signer
  gnutls_pk_algorithm_t key_algorithm = GNUTLS_PK_UNKNOWN;
  unsigned key_bits = 0;
};

// What gnutls_session_get_ptr() gives of every session here.
struct CertificateChoice {
  const Credentials::Parts* presented = nullptr; // null: present no certificate
};

} // namespace ktls::tls
