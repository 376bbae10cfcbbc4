// SPDX-License-Identifier: GPL-2.0-or-later
// import_certificate(): a certificate as GnuTLS has it.
#pragma once

#include "base/result.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {

Result<CertificateHandle> import_certificate(std::span<const std::byte> der);

} // namespace ktls::tls
