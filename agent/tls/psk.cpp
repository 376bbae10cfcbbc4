// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/psk.hpp"

#include <algorithm>
#include <cctype>

#include "tls/psk_credentials.hpp"

namespace ktls::tls {

// "NVMe", version digit, 'R' or 'G', two digits: 01 is SHA-256, 02 SHA-384, then a space.
PskHash psk_hash(std::string_view identity) {
  constexpr std::string_view prefix = "NVMe";
  constexpr std::size_t version = 4;
  constexpr std::size_t hash = 6;
  constexpr std::size_t head = 8;
  const bool nvme = identity.size() > head && identity.starts_with(prefix) &&
                    std::isdigit(static_cast<unsigned char>(identity[version])) != 0;
  return nvme && identity.substr(hash, 2) == "02" ? PskHash::WithSha384 : PskHash::WithSha256;
}

bool can_use_psk_with_sha384() {
  return gnutls_psk_allocate_client_credentials2 != nullptr &&
         gnutls_psk_allocate_server_credentials2 != nullptr;
}

} // namespace ktls::tls
