// SPDX-License-Identifier: GPL-2.0-or-later
// GnuTLS's objects for pre-shared keys; for this folder only.
#pragma once

#include "tls/handles.hpp"

// Of GnuTLS 3.8.11; older headers do not declare them, older libraries do not have them.
extern "C" {
int gnutls_psk_allocate_client_credentials2(gnutls_psk_client_credentials_t* credentials,
                                            gnutls_mac_algorithm_t mac) __attribute__((weak));
int gnutls_psk_allocate_server_credentials2(gnutls_psk_server_credentials_t* credentials,
                                            gnutls_mac_algorithm_t mac) __attribute__((weak));
}

namespace ktls::tls {

using PskClientHandle =
    GnutlsHandle<gnutls_psk_client_credentials_t, gnutls_psk_free_client_credentials>;
using PskServerHandle =
    GnutlsHandle<gnutls_psk_server_credentials_t, gnutls_psk_free_server_credentials>;

} // namespace ktls::tls
