// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/priority.hpp"

#include <algorithm>
#include <array>

#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {
namespace {

struct Suite {
  std::string_view iana;
  std::string_view cipher; // GnuTLS's name
};
constexpr std::array<Suite, 4> known{{
    {"TLS_AES_128_GCM_SHA256", "AES-128-GCM"},
    {"TLS_AES_256_GCM_SHA384", "AES-256-GCM"},
    {"TLS_AES_128_CCM_SHA256", "AES-128-CCM"},
    {"TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"},
}};

} // namespace

Result<std::string> priority_for(std::span<const std::string_view> suites) {
  // No tickets: a NewSessionTicket behind the handshake is a control record, on which a plain
  // read() fails.
  std::string priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS:-CIPHER-ALL";
  bool any = false;
  for (const auto wanted : suites) {
    const auto* suite =
        std::find_if(known.begin(), known.end(), [&](const Suite& s) { return s.iana == wanted; });
    if (suite == known.end())
      continue;
    priority += ":+";
    priority += suite->cipher;
    any = true;
  }
  if (!any)
    return invalid("the kernel and GnuTLS have no TLS 1.3 cipher in common");
  gnutls_priority_t raw = nullptr;
  const int status = gnutls_priority_init(&raw, priority.c_str(), nullptr);
  if (status < 0)
    return gnutls_error("setting the priority " + priority, status);
  gnutls_priority_deinit(raw);
  return priority;
}

} // namespace ktls::tls
