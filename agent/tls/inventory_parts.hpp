// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind an Inventory; for this folder only.
#pragma once

#include <gnutls/ocsp.h>

#include <memory>
#include <vector>

#include "tls/handles.hpp"
#include "tls/inventory.hpp"
#include "tls/trust_store.hpp"

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
  std::vector<std::byte> ocsp_response; // empty: none is stapled
  gnutls_ocsp_data_st staple{};         // a view of it
};

struct Inventory::Parts {
  struct Trust {
    std::shared_ptr<const TrustStore> store;
    std::vector<ipc::Der> named; // the anchors, where clients are told of them
  };
  std::vector<std::unique_ptr<OwnCredential>> own;
  std::vector<Trust> trust;
  Trust nobody; // where no trust store is named

  [[nodiscard]] const Trust& trust_of(const ipc::Profile& profile) const;
};

} // namespace ktls::tls
