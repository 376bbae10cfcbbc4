// SPDX-License-Identifier: GPL-2.0-or-later
// GnuTLS's error numbers as std::error_code.
#pragma once

#include <string>
#include <system_error>

#include "base/result.hpp"

namespace ktls::tls {

[[nodiscard]] const std::error_category& gnutls_category();
// `number` is a negative GNUTLS_E_*.
[[nodiscard]] Unexpected gnutls_error(std::string context, int number);

} // namespace ktls::tls
