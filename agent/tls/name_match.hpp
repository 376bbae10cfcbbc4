// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a certificate is for a name.
#pragma once

#include "base/host_name.hpp"

struct gnutls_x509_crt_int;

namespace ktls::tls {

// RFC 9525, section 6.3: by subject alternative names alone, not the common name.
[[nodiscard]] bool has_name(gnutls_x509_crt_int* certificate, const HostName& name);

} // namespace ktls::tls
