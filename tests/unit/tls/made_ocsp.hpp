// SPDX-License-Identifier: GPL-2.0-or-later
// OCSP responses about nothing in particular, for those who only look at what they say.
#pragma once

#include "tls/made_pki.hpp"

namespace ktls::test {

struct OcspSpec {
  std::string status = der::context(0, ""); // good
  std::optional<std::time_t> next_update = std::nullopt;
  std::string outer_status = der::value(0x0a, std::string(1, '\0'));
};
inline const std::string ocsp_revoked = der::constructed(1, der::time(made_now - day));
inline const std::string ocsp_unknown = der::context(2, "");

inline std::string ocsp_response(const OcspSpec& spec) {
  const Key signer;
  const std::string hash(20, 'h');
  const auto id =
      der::sequence(der::sequence(der::oid("\x2b\x0e\x03\x02\x1a") + std::string("\x05\x00", 2)) +
                    der::octets(hash) + der::octets(hash) + der::integer("\x07"));
  const auto next = spec.next_update ? der::constructed(0, der::time(*spec.next_update)) : "";
  const auto single = der::sequence(id + spec.status + der::time(made_now - day) + next);
  const auto content = der::sequence(der::constructed(2, der::octets(hash)) +
                                     der::time(made_now - day) + der::sequence(single));
  const auto basic = der::octets(signer.signed_sequence(content));
  return der::sequence(
      spec.outer_status +
      der::constructed(0, der::sequence(der::oid("\x2b\x06\x01\x05\x05\x07\x30\x01\x01") + basic)));
}

} // namespace ktls::test
