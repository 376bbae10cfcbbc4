// SPDX-License-Identifier: GPL-2.0-or-later
// GnuTLS priority strings, narrowed to what the kernel can carry on.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ktls::tls {

// `suites`: IANA names of TLS 1.3 suites, most preferred first ("TLS_AES_128_GCM_SHA256", …); one
// that GnuTLS does not have is left out. An error when none is left.
Result<std::string> priority_for(std::span<const std::string_view> suites);

} // namespace ktls::tls
